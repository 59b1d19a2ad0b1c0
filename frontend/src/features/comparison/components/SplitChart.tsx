import type { CSSProperties } from 'react';
import type { Interval, System } from '@/lib/comparisonSchemas';
import { formatExactPercent } from '@/lib/format';
import { t } from '@/lib/i18n';
import { systemKey, type SystemGroup } from '../lib/groupSystems';
import styles from './SplitChart.module.css';

type Split = 'unseen' | 'random';

function span({ value, low, high }: Interval): CSSProperties {
  const percent = (share: number) => `${Math.min(1, Math.max(0, share)) * 100}%`;
  return {
    '--value': percent(value),
    '--low': percent(low),
    '--high': percent(high),
  } as CSSProperties;
}

function Bar({ split, uar }: { split: Split; uar: Interval }) {
  return (
    <div className={styles.bar} data-split={split} data-testid={`bar-${split}`}>
      <span className="visually-hidden">{t(`comparison.${split}`)}: </span>
      <span className={styles.track} style={span(uar)} aria-hidden="true">
        <span className={styles.fill} />
        <span className={styles.interval} />
      </span>
      <span>{formatExactPercent(uar.value)}</span>
    </div>
  );
}

function Bars({ system: { model, unseen, random_split } }: { system: System }) {
  return (
    <li className={styles.system}>
      <span className={styles.name}>{model}</span>
      <div>
        <Bar split="unseen" uar={unseen.uar} />
        {random_split && <Bar split="random" uar={random_split.uar} />}
      </div>
    </li>
  );
}

/** The UAR of each system on unseen speakers beside that on a random split. */
export function SplitChart({ groups }: { groups: SystemGroup[] }) {
  return (
    <>
      <p className={styles.legend} aria-hidden="true">
        {(['unseen', 'random'] as const).map((split) => (
          <span key={split} className={styles.entry} data-split={split}>
            <span className={styles.fill} />
            {t(`comparison.${split}`)}
          </span>
        ))}
        <span className={styles.entry}>
          <span className={styles.interval} />
          {t('comparison.interval')}
        </span>
      </p>
      <div className={styles.groups}>
        {groups.map(({ key, title, systems }) => (
          <section key={key}>
            <h3 className={styles.title}>{title}</h3>
            <ul className={styles.systems}>
              {systems.map((system) => (
                <Bars key={systemKey(system)} system={system} />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </>
  );
}
