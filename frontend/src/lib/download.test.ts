import { expect, it, vi } from 'vitest';
import { download } from './download';

it('saves a text under a name, and gives its memory back', async () => {
  vi.useFakeTimers();
  const createObjectURL = vi.fn<(blob: Blob) => string>().mockReturnValue('blob:text');
  const revokeObjectURL = vi.fn();
  vi.stubGlobal('URL', Object.assign(URL, { createObjectURL, revokeObjectURL }));
  const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(vi.fn());

  download('a,b', 'table.csv', 'text/csv');
  const [link] = click.mock.contexts as HTMLAnchorElement[];
  expect(link).toMatchObject({ download: 'table.csv', href: 'blob:text' });
  const blob = createObjectURL.mock.lastCall?.[0];
  expect(blob?.type).toBe('text/csv');
  expect(await blob?.text()).toBe('a,b');
  vi.advanceTimersByTime(30_000);
  expect(revokeObjectURL).not.toHaveBeenCalled();
  vi.runAllTimers();
  expect(revokeObjectURL).toHaveBeenCalledExactlyOnceWith('blob:text');
  vi.useRealTimers();
});
