import CancelledIcon from '~icons/lucide/circle-slash';
import WaitingIcon from '~icons/lucide/clock';
import FailedIcon from '~icons/lucide/triangle-alert';
import SilentIcon from '~icons/lucide/volume-x';
import { ProgressBar } from '@/components/ProgressBar';
import { formatDuration } from '@/lib/format';
import { t, type MessageId } from '@/lib/i18n';
import type { Icon } from '@/lib/notice';
import { fractionDone, type Analysis } from '../lib/analysis';
import type { UploadState } from '../lib/uploads';
import styles from './FileOutcome.module.css';
import { Headline } from './Headline';

function progressText({ pass, passes, doneS, durationS }: Analysis): string {
  if (passes === 0) return t('upload.analysing');
  const done = formatDuration(doneS);
  const progress =
    durationS === null ? done : t('upload.doneOf', { done, length: formatDuration(durationS) });
  return passes > 1 ? t('upload.pass', { pass, passes, progress }) : progress;
}

function Words({ icon: Picture, children }: { icon: Icon; children: string }) {
  return (
    <span className={styles.words}>
      <Picture aria-hidden="true" /> {children}
    </span>
  );
}

interface ProgressProps {
  words: string;
  label: string;
  progress: number | undefined;
}

function Progress({ words, label, progress }: ProgressProps) {
  return (
    <span className={styles.progress}>
      <span className={styles.words}>{words}</span>
      <ProgressBar label={label} progress={progress} />
    </span>
  );
}

/** What must be there before anything is analysed. */
export type WaitsFor = 'device' | 'models';

const waiting: Record<WaitsFor, MessageId> = {
  device: 'upload.waitingForDevice',
  models: 'upload.waitingForModels',
};

interface FileOutcomeProps {
  state: UploadState;
  /** What is not ready yet. */
  waitsFor: WaitsFor | undefined;
}

/** The state of a file in one line. */
export function FileOutcome({ state, waitsFor }: FileOutcomeProps) {
  switch (state.phase) {
    case 'waiting':
      return <Words icon={WaitingIcon}>{t(waitsFor ? waiting[waitsFor] : 'upload.waiting')}</Words>;
    case 'opening':
      return <Words icon={WaitingIcon}>{t('upload.opening')}</Words>;
    case 'sending':
      return <Progress words={t('upload.sending')} label={t('upload.upload')} progress={state.progress} />;
    case 'analysing':
      return (
        <Progress
          words={progressText(state.analysis)}
          label={t('upload.analysis')}
          progress={fractionDone(state.analysis)}
        />
      );
    case 'pausing':
      return <Words icon={WaitingIcon}>{t('upload.busy')}</Words>;
    case 'cancelled':
      return <Words icon={CancelledIcon}>{t('upload.cancelled')}</Words>;
    case 'no_speech':
      return <Words icon={SilentIcon}>{t('upload.noSpeech')}</Words>;
    case 'failed':
      return <Words icon={FailedIcon}>{state.problem.title}</Words>;
    case 'done':
      return <Headline headline={state.timeline} size="small" />;
  }
}
