import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { happy } from '@/test/fixtures';
import { ExpressionSummary } from './ExpressionSummary';

it('shows the intensity in whole per cent under the affect', () => {
  render(
    <ExpressionSummary
      answer={{ ...happy, intensity: 41.3 }}
      isUncertain={false}
      source="probabilities"
    />,
  );
  expect(screen.getByTestId('affect')).toBeInTheDocument();
  expect(screen.getByTestId('intensity')).toHaveTextContent(/^Intensity41%$/);
  const meter = screen.getByRole('meter', { name: 'Intensity' });
  expect(meter).toHaveAttribute('aria-valuenow', '41');
  expect(meter).toHaveAttribute('aria-valuetext', '41%');
  expect(meter.firstElementChild).toHaveStyle({ width: '41%' });
});

it('mutes an uncertain one, as the affect', () => {
  render(
    <ExpressionSummary answer={{ ...happy, intensity: 99.5 }} isUncertain source="probabilities" />,
  );
  expect(screen.getByTestId('affect')).toHaveAttribute('data-uncertain', 'true');
  expect(screen.getByTestId('intensity')).toHaveAttribute('data-uncertain', 'true');
  const meter = screen.getByRole('meter', { name: 'Intensity' });
  expect(meter).toHaveAttribute('aria-valuetext', '100%, uncertain');
});

it('shows an intensity of 0, and without an affect', () => {
  render(<ExpressionSummary answer={{ intensity: 0 }} isUncertain={false} source="probabilities" />);
  expect(screen.queryByTestId('affect')).not.toBeInTheDocument();
  expect(screen.getByRole('meter', { name: 'Intensity' })).toHaveAttribute('aria-valuenow', '0');
});

it.each([happy, { ...happy, intensity: null }])('has no meter without an intensity', (answer) => {
  render(<ExpressionSummary answer={answer} isUncertain={false} source="probabilities" />);
  expect(screen.getByTestId('affect')).toBeInTheDocument();
  expect(screen.queryByTestId('intensity')).not.toBeInTheDocument();
});

it('is nothing where the answer tells nothing', () => {
  const { container } = render(
    <ExpressionSummary answer={{}} isUncertain={false} source="probabilities" />,
  );
  expect(container).toBeEmptyDOMElement();
});
