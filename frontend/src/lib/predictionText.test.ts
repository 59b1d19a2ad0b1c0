import { expect, it } from 'vitest';
import { happy } from '@/test/fixtures';
import { predictionText } from './predictionText';

it('names the emotion first, and the doubt before it', () => {
  expect(predictionText(happy)).toBe('Happy, 84% confidence');
  expect(predictionText({ ...happy, low_information: true })).toBe(
    'Uncertain, maybe Happy, 84% confidence',
  );
});
