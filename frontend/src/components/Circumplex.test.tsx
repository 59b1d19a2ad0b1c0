import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { Circumplex } from './Circumplex';

/** Where the point is drawn, as shares of the circle's radius: right and up are positive. */
function drawnAt(): [right: number, up: number] {
  const radius = Number(document.querySelector('circle')?.getAttribute('r'));
  const { transform } = screen.getByTestId('affect-point').style;
  const [, x, y] = /^translate\(([-\d.]+)px, ([-\d.]+)px\)$/.exec(transform) ?? [];
  return [Number(x) / radius, -Number(y) / radius];
}

it.each([
  [0.81, 0.51],
  [-0.51, 0.59],
  [-0.63, -0.27],
  [0, 0],
])('draws valence %d to the right and arousal %d up', (valence, arousal) => {
  render(<Circumplex valence={valence} arousal={arousal} isUncertain={false} />);
  const [right, up] = drawnAt();
  expect(right).toBeCloseTo(valence);
  expect(up).toBeCloseTo(arousal);
});

it('says in words where the point is, and names the ends of both axes', () => {
  render(<Circumplex valence={-0.51} arousal={0.59} isUncertain={false} />);
  const picture = screen.getByRole('img', { name: 'Valence and arousal: unpleasant, excited' });
  for (const end of ['unpleasant', 'pleasant', 'calm', 'excited']) {
    expect(picture).toHaveTextContent(end);
  }
});

it('says so and draws a weaker point where it is uncertain', () => {
  render(<Circumplex valence={0.6} arousal={-0.4} isUncertain />);
  const picture = screen.getByRole('img', {
    name: 'Valence and arousal: pleasant, calm, uncertain',
  });
  expect(picture).toHaveAttribute('data-uncertain', 'true');
});
