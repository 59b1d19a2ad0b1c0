import type { System } from '@/lib/comparisonSchemas';
import { formatExactPercent } from '@/lib/format';

export type Order = 'ascending' | 'descending';

export interface Column {
  name: string;
  title: string;
  /** What is sorted by; `null` where it was not measured. */
  value: (system: System) => number | string | null;
  text: (system: System) => string | null;
  /** The order in which the best comes first. */
  bestFirst: Order;
}

function figure(
  name: string,
  title: string,
  bestFirst: Order,
  format: (value: number) => string,
  value: (system: System) => number | null,
): Column {
  const text = (system: System) => {
    const found = value(system);
    return found === null ? null : format(found);
  };
  return { name, title, bestFirst, value, text };
}

const formatParameters = (count: number) => count.toLocaleString('en');
function formatMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

const formatTime = (ms: number) => `${ms.toFixed(1)} ms`;

export const systemColumn: Column = {
  name: 'system',
  title: 'System',
  bestFirst: 'ascending',
  value: ({ model }) => model,
  text: ({ model }) => model,
};

export const unseenColumn = figure(
  'unseen',
  'UAR, unseen speakers',
  'descending',
  formatExactPercent,
  ({ unseen }) => unseen.uar.value,
);

/** The columns beside the system's name, from left to right. */
export const figureColumns: Column[] = [
  unseenColumn,
  figure(
    'own',
    'UAR, own baseline',
    'descending',
    formatExactPercent,
    ({ unseen_own }) => unseen_own?.value ?? null,
  ),
  figure(
    'random',
    'UAR, random split',
    'descending',
    formatExactPercent,
    ({ random_split }) => random_split?.uar.value ?? null,
  ),
  figure('wa', 'Accuracy', 'descending', formatExactPercent, ({ unseen }) => unseen.wa.value),
  figure('f1', 'Macro-F1', 'descending', formatExactPercent, ({ unseen }) => unseen.macro_f1.value),
  figure('parameters', 'Parameters', 'ascending', formatParameters, (system) => system.parameters),
  figure('size', 'File', 'ascending', formatMegabytes, ({ onnx_bytes }) => onnx_bytes),
  figure('time', 'Time per clip', 'ascending', formatTime, ({ ms_per_clip }) => ms_per_clip),
  figure(
    'false',
    'False emotions',
    'ascending',
    formatExactPercent,
    ({ false_emotion_rate }) => false_emotion_rate,
  ),
];
