import { EMOTION_TASK } from '@/lib/apiSchemas';
import type { System } from '@/lib/comparisonSchemas';
import { t, translated } from '@/lib/i18n';

/** Systems whose figures can be compared: the same corpus, task and labels. */
export interface SystemGroup {
  key: string;
  corpus: string;
  title: string;
  labels: string[];
  systems: System[];
}

/** One system on one corpus. */
export function systemKey({ model, corpus, labels }: System): string {
  return JSON.stringify([model, corpus, labels]);
}

function title({ corpus, task, labels }: System): string {
  if (task === EMOTION_TASK) return t('comparison.group', { corpus, count: labels.length });
  const named = translated(`comparison.task.${task}`) ?? task.replaceAll('_', ' ');
  return t('comparison.task', { corpus, task: named });
}

/** Groups in the order of the systems, those of a corpus next to each other. */
export function groupSystems(systems: System[]): SystemGroup[] {
  const groups = new Map<string, SystemGroup>();
  for (const system of systems) {
    const { corpus, task, labels } = system;
    const key = JSON.stringify([corpus, task, labels.toSorted()]);
    const known = groups.get(key);
    if (known) known.systems.push(system);
    else groups.set(key, { key, corpus, title: title(system), labels, systems: [system] });
  }
  const corpora = [...new Set(systems.map(({ corpus }) => corpus))];
  return [...groups.values()].sort(
    (one, other) => corpora.indexOf(one.corpus) - corpora.indexOf(other.corpus),
  );
}

/** The UAR of a system that always gives the same answer. */
export function chanceUar({ labels }: SystemGroup): number {
  return 1 / labels.length;
}
