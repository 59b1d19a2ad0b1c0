import { render, screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { EmotionSpan } from '@/lib/emotionSpan';
import { EmotionLaneNames, EmotionLanes } from './EmotionLanes';

const emotions = ['Happy', 'Sad'];
const span: EmotionSpan = {
  startS: 0,
  endS: 5,
  emotion: 'Happy',
  confidence: 0.8,
  isUncertain: false,
  probabilities: { Happy: 0.8, Sad: 0.2 },
};

it('draws a lane for each emotion, as high as asked', () => {
  render(<EmotionLanes spans={[span]} emotions={emotions} durationS={10} label="Over time" laneHeightRem={1.5} />);
  const lanes = screen.getByRole('img', { name: 'Over time' });
  expect(lanes.style.getPropertyValue('--lane-height')).toBe('1.5rem');
  const paths = [...lanes.querySelectorAll('path')].map((path) => path.getAttribute('d'));
  expect(paths).toHaveLength(2);
  expect(paths[0]).toContain('M0 1L0 0.200');
  expect(paths[1]).toContain('M0 1L0 0.800');
});

it('hatches what is uncertain, and marks the position', () => {
  const spans = [{ ...span, isUncertain: true }];
  render(<EmotionLanes spans={spans} emotions={emotions} durationS={10} label="Over time" positionS={5} />);
  const lanes = screen.getByRole('img', { name: 'Over time' });
  const hatched = lanes.querySelectorAll<SVGElement>('[data-uncertain]');
  expect(hatched).toHaveLength(2);
  expect(hatched[0]?.style.fill).toContain(lanes.querySelector('pattern')?.id);
  expect(lanes.querySelector<HTMLElement>(':scope > span')?.style.left).toBe('50%');
});

it('is more finely drawn where it is zoomed', () => {
  render(<EmotionLanes spans={[span]} emotions={emotions} durationS={10} label="Over time" zoom={4} />);
  expect(screen.getByRole('img').querySelector('svg')).toHaveAttribute('viewBox', '0 0 2000 1');
});

it('names the lanes from top to bottom', () => {
  render(<EmotionLaneNames emotions={emotions} />);
  const names = within(screen.getByRole('list', { hidden: true })).getAllByRole('listitem', { hidden: true });
  expect(names.map((name) => name.textContent)).toEqual(emotions);
});
