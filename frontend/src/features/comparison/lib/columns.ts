import type { System } from '@/lib/comparisonSchemas';
import { formatExactPercent } from '@/lib/format';
import { locale, type MessageId } from '@/lib/i18n';

export type Order = 'ascending' | 'descending';

export interface Column {
  name: string;
  title: MessageId;
  /** What is sorted by; `null` where it was not measured. */
  value: (system: System) => number | string | null;
  text: (system: System) => string | null;
  /** The order in which the best comes first. */
  bestFirst: Order;
}

type FigureName = 'unseen' | 'own' | 'random' | 'wa' | 'f1' | 'parameters' | 'size' | 'time' | 'false';

function figure(
  name: FigureName,
  bestFirst: Order,
  format: (value: number) => string,
  value: (system: System) => number | null,
): Column {
  const text = (system: System) => {
    const found = value(system);
    return found === null ? null : format(found);
  };
  return { name, title: `comparison.column.${name}`, bestFirst, value, text };
}

function formatNumber(value: number, digits = 0): string {
  const decimals = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale(), decimals).format(value);
}

const formatParameters = (count: number) => formatNumber(count);
const formatMegabytes = (bytes: number) => `${formatNumber(bytes / 1e6, 2)} MB`;
const formatTime = (ms: number) => `${formatNumber(ms, 1)} ms`;

export const systemColumn: Column = {
  name: 'system',
  title: 'comparison.column.system',
  bestFirst: 'ascending',
  value: ({ model }) => model,
  text: ({ model }) => model,
};

export const unseenColumn = figure(
  'unseen',
  'descending',
  formatExactPercent,
  ({ unseen }) => unseen.uar.value,
);

/** The columns beside the system's name, from left to right. */
export const figureColumns: Column[] = [
  unseenColumn,
  figure(
    'own',
    'descending',
    formatExactPercent,
    ({ unseen_own }) => unseen_own?.value ?? null,
  ),
  figure(
    'random',
    'descending',
    formatExactPercent,
    ({ random_split }) => random_split?.uar.value ?? null,
  ),
  figure('wa', 'descending', formatExactPercent, ({ unseen }) => unseen.wa.value),
  figure('f1', 'descending', formatExactPercent, ({ unseen }) => unseen.macro_f1.value),
  figure('parameters', 'ascending', formatParameters, (system) => system.parameters),
  figure('size', 'ascending', formatMegabytes, ({ onnx_bytes }) => onnx_bytes),
  figure('time', 'ascending', formatTime, ({ ms_per_clip }) => ms_per_clip),
  figure(
    'false',
    'ascending',
    formatExactPercent,
    ({ false_emotion_rate }) => false_emotion_rate,
  ),
];
