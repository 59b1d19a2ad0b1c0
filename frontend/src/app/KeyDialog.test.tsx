import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accessKey } from '@/lib/accessKey';
import { apiService } from '@/lib/apiService';
import { showLocale } from '@/lib/i18n';
import { toProblem } from '@/lib/problem';
import { audioFile, happy, model } from '@/test/fixtures';
import { server } from '@/test/server';
import { KeyDialog } from './KeyDialog';
import { KeySettings } from './KeySettings';

const models = { default: model.name, models: [model] };
let valid = 'ser_right';
let sent: (string | null)[] = [];

function guarded(request: Request, body: object) {
  const header = request.headers.get('Authorization');
  sent.push(header);
  if (header === `Bearer ${valid}`) return HttpResponse.json(body);
  const code = header === null ? 'no_key' : 'wrong_key';
  return HttpResponse.json({ error: 'Refused', code, detail: 'For programs.' }, { status: 401 });
}

beforeEach(() => {
  // Another file of this worker may have left it so.
  accessKey.reconsider();
  valid = 'ser_right';
  sent = [];
  server.use(
    http.get('/models', ({ request }) => guarded(request, models)),
    http.post('/predict', ({ request }) => guarded(request, happy)),
  );
});

afterEach(async () => {
  accessKey.forget();
  accessKey.reconsider();
  await showLocale('en');
});

const { signal } = new AbortController();
const dialog = () => screen.findByRole('dialog', { name: 'This server asks for a key' });

async function enter(text: string) {
  await userEvent.clear(screen.getByLabelText('Key'));
  await userEvent.type(screen.getByLabelText('Key'), `${text}{Enter}`);
}

describe('a server that asks for a key', () => {
  it('gets it once, for all requests that waited and those that follow', async () => {
    render(<KeyDialog />);
    const waiting = [apiService.models(signal), apiService.predict(audioFile(), { signal })];
    await dialog();
    expect(screen.getAllByRole('dialog')).toHaveLength(1);
    // Nobody looks over the shoulder.
    expect(screen.getByLabelText('Key')).toHaveAttribute('type', 'password');
    await enter(' ser_right ');
    await expect(Promise.all(waiting)).resolves.toEqual([models, happy]);
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    await apiService.models(signal);
    expect(sent.at(-1)).toBe('Bearer ser_right');
    expect(sent.filter((header) => header === null)).toHaveLength(2);
  });

  it('uses no key of somebody who said "not now" while it was checked', async () => {
    let answer: (() => void) | undefined;
    const checked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    render(<KeyDialog />);
    const waiting = apiService.models(signal).catch(() => 'refused');
    await dialog();
    server.use(
      http.get('/models', async ({ request }) => {
        await checked;
        return guarded(request, models);
      }),
    );
    await enter('ser_right');
    await userEvent.click(screen.getByRole('button', { name: 'Not now' }));
    await expect(waiting).resolves.toBe('refused');
    answer?.();
    await waitFor(() => {
      expect(sent).toContain('Bearer ser_right');
    });
    // Answered after the key was.
    await expect(apiService.models(signal)).rejects.toThrow();
    expect(sent.at(-1)).toBeNull();
    expect(sessionStorage).toHaveLength(0);
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  });

  it.each(['ser_wrong', 'none of ours €', 'x'.repeat(500)])(
    'asks again with a sentence after a wrong one: %s',
    async (wrong) => {
      render(<KeyDialog />);
      const waiting = apiService.models(signal);
      await dialog();
      await enter(wrong);
      await waitFor(() => {
        expect(screen.getByTestId('key-problem')).toHaveTextContent('does not accept this key');
      });
      expect(screen.getByLabelText('Key')).toBeInvalid();
      expect(screen.getByLabelText('Key')).toHaveAccessibleDescription(/does not accept this key/);
      await enter('ser_right');
      await expect(waiting).resolves.toEqual(models);
    },
  );

  it('may be away when the key is checked', async () => {
    render(<KeyDialog />);
    const waiting = apiService.models(signal);
    await dialog();
    server.use(http.get('/models', () => HttpResponse.error(), { once: true }));
    await enter('ser_right');
    await waitFor(() => {
      expect(screen.getByTestId('key-problem')).toHaveTextContent('cannot be reached');
    });
    await enter('ser_right');
    await expect(waiting).resolves.toEqual(models);
  });

  it('asks anew where the key was revoked', async () => {
    render(<KeyDialog />);
    accessKey.use('ser_right');
    valid = 'ser_next';
    const waiting = apiService.models(signal);
    await dialog();
    expect(screen.getByTestId('key-problem')).toHaveTextContent('no longer accepts');
    await enter('ser_next');
    await expect(waiting).resolves.toEqual(models);
  });

  it('is left alone where the user does not want to give one', async () => {
    render(
      <>
        <KeyDialog />
        <KeySettings />
      </>,
    );
    const waiting = apiService.models(signal).catch(toProblem);
    await dialog();
    await userEvent.click(screen.getByRole('button', { name: 'Not now' }));
    // In the page's own words: the server's are for programs.
    expect(await waiting).toMatchObject({
      code: 'no_key',
      title: 'This server asks for a key',
      remedy: 'Enter one in the settings.',
    });
    await apiService.models(signal).catch(toProblem);
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Enter a key' }));
    await dialog();
    await enter('ser_right');
    await waitFor(() => {
      expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    });
    await userEvent.click(screen.getByRole('button', { name: 'Forget the key' }));
    expect(accessKey.key).toBeUndefined();
    expect(screen.getByRole('button', { name: 'Enter a key' })).toBeVisible();
  });

  it('speaks the language of the page', async () => {
    await showLocale('de');
    render(<KeyDialog />);
    void apiService.models(signal).catch(() => undefined);
    await screen.findByRole('dialog', { name: 'Dieser Server verlangt einen Schlüssel' });
    await userEvent.type(screen.getByLabelText('Schlüssel'), 'ser_wrong{Enter}');
    await waitFor(() => {
      expect(screen.getByTestId('key-problem')).toHaveTextContent('nimmt diesen Schlüssel nicht an');
    });
    await userEvent.click(screen.getByRole('button', { name: 'Jetzt nicht' }));
  });
});

it('is not asked of a proxy that wants a password', async () => {
  render(<KeyDialog />);
  server.use(http.get('/models', () => HttpResponse.text('<html>nginx</html>', { status: 401 })));
  const found = await apiService.models(signal).catch(toProblem);
  expect(found).toMatchObject({ code: 'unreadable_error' });
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
});
