import type { System } from '@/lib/comparisonSchemas';
import { formatExactPercent } from '@/lib/format';
import { emotionName, t } from '@/lib/i18n';

/** Of clips that have none. */
const NO_ANSWER = '';

export function answerName(answer: string): string {
  return answer === NO_ANSWER ? t('comparison.noAnswer') : emotionName(answer);
}

export interface ConfusionRow {
  label: string;
  /** For each answer, its part of the label's clips, 0 to 1. */
  shares: number[];
}

export interface Confusion {
  /** The labels and, where some clips have no answer, an empty one. */
  answers: string[];
  rows: ConfusionRow[];
}

/** The answers on unseen speakers. */
export function confusionOf({ labels, unseen }: System): Confusion {
  const { confusion } = unseen;
  const width = Math.max(labels.length, ...confusion.map((row) => row.length));
  const answers = Array.from({ length: width }, (_, i) => labels[i] ?? NO_ANSWER);
  const rows = labels.map((label, i) => {
    const counts = answers.map((_, j) => confusion[i]?.[j] ?? 0);
    const clips = counts.reduce((sum, count) => sum + count, 0);
    return { label, shares: counts.map((count) => (clips > 0 ? count / clips : 0)) };
  });
  return { answers, rows };
}

/** One sentence for each label. */
export function confusionText({ answers, rows }: Confusion): string[] {
  return rows.map(({ label, shares }, right) => {
    const [wrong] = shares
      .map((share, i) => ({ share, answer: answers[i] ?? NO_ANSWER }))
      .filter(({ share, answer }) => share > 0 && answer !== label && answer !== NO_ANSWER)
      .toSorted((one, other) => other.share - one.share);
    const recall = { label: emotionName(label), percent: formatExactPercent(shares[right] ?? 0) };
    if (!wrong) return t('comparison.recall', recall);
    const mistake = { other: emotionName(wrong.answer), share: formatExactPercent(wrong.share) };
    return t('comparison.mistaken', { ...recall, ...mistake });
  });
}
