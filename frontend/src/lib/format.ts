export function formatPercent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)}%`;
}

export function formatSize(bytes: number): string {
  const kilobytes = bytes / 1024;
  return kilobytes < 1000 ? `${Math.ceil(kilobytes)} kB` : `${(kilobytes / 1024).toFixed(1)} MB`;
}

/** Minutes and seconds as mm:ss; the minutes go on beyond the hour. */
export function formatDuration(durationS: number): string {
  const whole = Math.floor(durationS);
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  return `${twoDigits(Math.floor(whole / 60))}:${twoDigits(whole % 60)}`;
}

/** To a tenth of a second below a minute, which is where it matters. */
export function formatLength(lengthS: number): string {
  return lengthS < 60 ? `${lengthS.toFixed(1)} s` : formatDuration(lengthS);
}

/** A place in a recording to a tenth of a second, as mm:ss.s. */
export function formatTimecode(positionS: number): string {
  const tenths = Math.round(positionS * 10);
  return `${formatDuration(tenths / 10)}.${tenths % 10}`;
}

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

export function formatClock(atMs: number): string {
  return clock.format(atMs);
}

const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });

/** The time of day, after the date where that is not today. */
export function formatMoment(atMs: number, nowMs = Date.now()): string {
  const date = day.format(atMs);
  const time = formatClock(atMs);
  return date === day.format(nowMs) ? time : `${date}, ${time}`;
}

export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
