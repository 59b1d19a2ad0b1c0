import { locale } from './i18n';

function decimals(value: number, count: number): string {
  const digits = { minimumFractionDigits: count, maximumFractionDigits: count };
  return new Intl.NumberFormat(locale(), digits).format(value);
}

/** In whole percent: more digits would say more than is known. */
export function formatPercent(fraction: number): string {
  return new Intl.NumberFormat(locale(), { style: 'percent' }).format(fraction);
}

/** With one decimal, for measured figures that are compared. */
export function formatExactPercent(fraction: number): string {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(locale(), { style: 'percent', ...digits }).format(fraction);
}

/** With a sign and two decimals, as +0.57. */
export function formatSigned(value: number): string {
  const digits = decimals(Math.abs(value), 2);
  if (Math.abs(value) < 0.005) return digits;
  return `${value < 0 ? '\u2212' : '+'}${digits}`;
}

export function formatSize(bytes: number): string {
  const kilobytes = bytes / 1024;
  return kilobytes < 1000 ? `${Math.ceil(kilobytes)} kB` : `${decimals(kilobytes / 1024, 1)} MB`;
}

/** mm:ss; minutes exceed 59 after an hour. */
export function formatDuration(durationS: number): string {
  const whole = Math.floor(durationS);
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  return `${twoDigits(Math.floor(whole / 60))}:${twoDigits(whole % 60)}`;
}

/** Seconds with one decimal below a minute, mm:ss above. */
export function formatLength(lengthS: number): string {
  return lengthS < 60 ? `${decimals(lengthS, 1)} s` : formatDuration(lengthS);
}

/** Position in a recording as mm:ss.s. */
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

/** Days before months, as in the other language. */
function formatDate(atMs: number, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale() === 'en' ? 'en-GB' : locale(), options).format(atMs);
}

export function formatDay(atMs: number): string {
  return formatDate(atMs, { dateStyle: 'medium' });
}

/** The day and the month, as short as they are understood. */
export function formatDayOfMonth(atMs: number): string {
  return formatDate(atMs, { day: 'numeric', month: 'short' });
}

/** The time of day, with the date where it is not today. */
export function formatTimestamp(atMs: number, nowMs = Date.now()): string {
  const day = formatDay(atMs);
  const time = formatClock(atMs);
  return day === formatDay(nowMs) ? time : `${day}, ${time}`;
}

export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
