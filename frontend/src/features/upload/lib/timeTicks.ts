const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/** A label further right would overflow the axis. */
const LAST_PLACE = 0.96;

/** Evenly spaced times to label on an axis. */
export function timeTicks(durationS: number, atMost: number): number[] {
  const stepS = STEPS_S.find((step) => durationS / step <= atMost) ?? durationS / atMost;
  const count = Math.floor((durationS * LAST_PLACE) / stepS) + 1;
  return Array.from({ length: count }, (_, i) => i * stepS);
}
