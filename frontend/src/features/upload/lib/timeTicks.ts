const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/** So near to the end, a label would stand out beyond it. */
const LAST_PLACE = 0.96;

/** The times to be labelled on an axis, evenly spaced, as many as there is room for. */
export function timeTicks(durationS: number, atMost: number): number[] {
  const stepS = STEPS_S.find((step) => durationS / step <= atMost) ?? durationS / atMost;
  const count = Math.floor((durationS * LAST_PLACE) / stepS) + 1;
  return Array.from({ length: count }, (_, i) => i * stepS);
}
