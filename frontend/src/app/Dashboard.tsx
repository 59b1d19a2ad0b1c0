import { useState } from 'react';
import { DeviceSwitch } from '@/components/DeviceSwitch';
import { panelId, Tabs, tabId, type Tab } from '@/components/Tabs';
import { ThemeSwitch } from '@/components/ThemeSwitch';
import { loadProcessor } from '@/lib/microphone/pcmTap';
import { ModelPicker } from '@/features/models/components/ModelPicker';
import { useModels } from '@/features/models/hooks/useModels';
import { chooseModel } from '@/features/models/lib/chooseModel';
import { useDevice } from '@/lib/device/useDevice';
import { isStatic } from '@/lib/site';
import { useBaselines } from '@/features/voice/hooks/useBaselines';
import { CompareView } from './CompareView';
import styles from './Dashboard.module.css';
import { LiveView } from './LiveView';
import { UploadView } from './UploadView';

type View = 'live' | 'upload' | 'compare';

const views: Tab<View>[] = [
  { name: 'live', label: 'Live' },
  { name: 'upload', label: 'Upload' },
  { name: 'compare', label: 'Compare' },
];

/** What the views load when they need it. */
function loadParts() {
  return Promise.all([
    loadProcessor(),
    import('@/features/live/lib/scrollingWaveform'),
    import('@/features/session/lib/sessionChart'),
    import('@/features/upload/lib/filePlayer'),
  ]);
}

export function Dashboard() {
  const [view, setView] = useState<View>('live');
  const [hasCompared, setHasCompared] = useState(false);
  const [pickedModel, setPickedModel] = useState<string>();
  const models = useModels();
  const baselines = useBaselines();
  const { state } = models;
  const model = state.phase === 'ready' ? chooseModel(state.models, pickedModel) : undefined;

  const device = useDevice(model, loadParts);

  const panel = (name: View) => ({
    role: 'tabpanel',
    id: panelId(name),
    'aria-labelledby': tabId(name),
    // Hidden instead of unmounted: listening and uploading go on while another tab is shown.
    hidden: name !== view,
  });

  const show = (name: View) => {
    setView(name);
    if (name === 'compare') setHasCompared(true);
  };

  const modelPicker = <ModelPicker {...models} chosen={model} onPick={setPickedModel} />;

  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <h1 className={styles.title}>
          <span className={styles.logo} aria-hidden="true">
            🎙️
          </span>
          Speech Emotion Recognition
        </h1>
        <Tabs label="Views" tabs={views} selected={view} onSelect={show} />
        <ThemeSwitch />
      </header>

      <main>
        <div {...panel('live')}>
          <LiveView
            model={model}
            isModelPending={state.phase === 'loading'}
            device={device}
            baselines={baselines}
            modelPicker={view === 'live' && modelPicker}
          />
        </div>
        <div {...panel('upload')}>
          <UploadView
            model={model}
            device={device}
            deviceSwitch={view === 'upload' && <DeviceSwitch device={device} onTurn={device.turn} />}
            baselines={baselines}
            modelPicker={view === 'upload' && modelPicker}
          />
        </div>
        <div {...panel('compare')}>{hasCompared && <CompareView />}</div>
      </main>

      <footer className={styles.footer}>
        <p>
          An emotion is an estimate from the sound of a voice, not a fact about a person.{' '}
          {isStatic
            ? 'Your browser answers by itself: audio is sent to nobody.'
            : 'Audio is sent to this server only, or to nobody with “On this device”, and is not stored there.'}
        </p>
        {!isStatic && (
          <a href="/docs" target="_blank" rel="noreferrer">
            API documentation
          </a>
        )}
      </footer>
    </div>
  );
}
