import { act, renderHook, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import { model } from '../../../test/fixtures';
import { server } from '../../../test/server';
import { useModels } from './useModels';

it('asks the server, and again when it is told to', async () => {
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
  await waitFor(() => {
    expect(result.current.state).toEqual({ phase: 'ready', models });
  });
});
