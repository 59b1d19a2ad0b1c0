import { expect, it } from 'vitest';
import { happy } from '../test/fixtures';
import { predictionWords } from './predictionWords';

it('names the emotion first, and the doubt before it', () => {
  expect(predictionWords(happy)).toBe('Happy, 84.2% confidence');
  expect(predictionWords({ ...happy, low_information: true })).toBe(
    'Uncertain, perhaps Happy, 84.2% confidence',
  );
});
