import { act, renderHook, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { afterEach, expect, it, vi } from 'vitest';
import { apiService } from '@/lib/apiService';
import { model } from '@/test/fixtures';
import { server } from '@/test/server';
import { useModels } from './useModels';

afterEach(() => {
  vi.useRealTimers();
});

it('asks the server, and again on reload', async () => {
  server.use(http.get('/models', () => HttpResponse.error()));
  const { result } = renderHook(() => useModels());
  expect(result.current.state.phase).toBe('loading');
  await waitFor(() => {
    expect(result.current.state.phase).toBe('failed');
  });

  const models = { default: model.name, models: [model] };
  server.use(http.get('/models', () => HttpResponse.json(models)));
  act(() => {
    result.current.reload();
  });
  expect(result.current.state).toMatchObject({ phase: 'failed', isAsking: true });
  await waitFor(() => {
    expect(result.current.state).toEqual({ phase: 'ready', models });
  });
});

it('leaves out what predicts no emotion', async () => {
  const voices = { ...model, name: 'voices', task: 'voice_gender' };
  const models = { default: model.name, models: [voices, model] };
  server.use(http.get('/models', () => HttpResponse.json(models)));
  const { result } = renderHook(() => useModels());
  await waitFor(() => {
    expect(result.current.state).toEqual({ phase: 'ready', models: { ...models, models: [model] } });
  });
});

it('takes a server that does not know tasks, groups and licences of weights', async () => {
  const older = Object.fromEntries(
    Object.entries(model).filter(([name]) => !['task', 'group', 'weights_licence', 'restricted'].includes(name)),
  );
  const models = { default: model.name, models: [older] };
  server.use(http.get('/models', () => HttpResponse.json(models)));
  const { result } = renderHook(() => useModels());
  await waitFor(() => {
    expect(result.current.state).toMatchObject({
      models: { models: [{ ...older, task: 'emotion', group: 'recommended', restricted: false }] },
    });
  });
});

it('asks again by itself, less and less often, until it has an answer', async () => {
  vi.useFakeTimers();
  const models = { default: model.name, models: [model] };
  const ask = vi.spyOn(apiService, 'models').mockRejectedValue(new Error('away'));
  const { result } = renderHook(() => useModels());
  const wait = (durationMs: number) => act(() => vi.advanceTimersByTimeAsync(durationMs));

  for (const [i, pauseMs] of [1000, 2000, 4000, 8000, 15_000, 15_000].entries()) {
    await wait(pauseMs - 1);
    expect(ask).toHaveBeenCalledTimes(i + 1);
    await wait(1);
    expect(ask).toHaveBeenCalledTimes(i + 2);
  }
  expect(result.current.state.phase).toBe('failed');

  ask.mockResolvedValue(models);
  await wait(15_000);
  expect(result.current.state).toEqual({ phase: 'ready', models });
  await wait(60_000);
  expect(ask).toHaveBeenCalledTimes(8);
});

it('asks at once where the network is back', async () => {
  vi.useFakeTimers();
  const models = { default: model.name, models: [model] };
  const ask = vi.spyOn(apiService, 'models').mockRejectedValueOnce(new Error('away')).mockResolvedValue(models);
  const { result } = renderHook(() => useModels());
  await act(() => vi.advanceTimersByTimeAsync(10));
  expect(result.current.state.phase).toBe('failed');
  await act(async () => {
    window.dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(10);
  });
  expect(result.current.state.phase).toBe('ready');
  expect(ask).toHaveBeenCalledTimes(2);
});

it('leaves the server alone when the page goes', async () => {
  vi.useFakeTimers();
  const ask = vi.spyOn(apiService, 'models').mockRejectedValue(new Error('away'));
  const { unmount } = renderHook(() => useModels());
  await act(() => vi.advanceTimersByTimeAsync(10));
  unmount();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask).toHaveBeenCalledOnce();
});
