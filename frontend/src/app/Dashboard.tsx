import { lazy, Suspense, useCallback, useRef, useState } from 'react';
import AudioLinesIcon from '~icons/lucide/audio-lines';
import SettingsIcon from '~icons/lucide/settings';
import { Drawer } from '@/components/Drawer';
import { panelId, Tabs, tabId, type Tab } from '@/components/Tabs';
import { ThemeSwitch } from '@/components/ThemeSwitch';
import { useHistory } from '@/features/history/hooks/useHistory';
import { ListeningOptions } from '@/features/live/components/ListeningOptions';
import { ModelSelect } from '@/features/models/components/ModelSelect';
import { useModels } from '@/features/models/hooks/useModels';
import { chooseModel } from '@/features/models/lib/chooseModel';
import { VoiceButton } from '@/features/voice/components/VoiceButton';
import { VoicePanel } from '@/features/voice/components/VoicePanel';
import { useBaselines } from '@/features/voice/hooks/useBaselines';
import { useConsent } from '@/features/voice/hooks/useConsent';
import { useDevice } from '@/lib/device/useDevice';
import { t, useLocale } from '@/lib/i18n';
import { loadWithRetries } from '@/lib/loadWithRetries';
import { loadProcessor } from '@/lib/microphone/pcmTap';
import { useShortcuts } from '@/lib/useShortcuts';
import { useUrlValue } from '@/lib/urlState';
import { ROOMY_REM, useIsPageAtLeast } from '@/lib/usePageWidth';
import styles from './Dashboard.module.css';
import { KeyDialog } from './KeyDialog';
import { LiveView } from './LiveView';
import { SettingsDrawer } from './SettingsDrawer';
import { ShortcutsDialog } from './ShortcutsDialog';
import { useLive } from './useLive';

const views = ['live', 'upload', 'history', 'models'] as const;
type View = (typeof views)[number];

function MissingView() {
  return <p>{t('shell.missingView')}</p>;
}

const missing = () => ({ default: MissingView });

// The first screen does not need them.
const loadUpload = () => import('./UploadView');
const loadHistory = () => import('@/features/history/components/HistoryView');
const loadModels = () => import('./ModelsView');
const UploadView = lazy(() =>
  loadWithRetries(loadUpload).then((loaded) => ({ default: loaded.UploadView }), missing),
);
const HistoryView = lazy(() =>
  loadWithRetries(loadHistory).then((loaded) => ({ default: loaded.HistoryView }), missing),
);
const ModelsView = lazy(() =>
  loadWithRetries(loadModels).then((loaded) => ({ default: loaded.ModelsView }), missing),
);

/** What the views load when they need it. */
function loadParts() {
  return Promise.all([
    loadProcessor(),
    loadUpload(),
    loadHistory(),
    loadModels(),
    import('@/features/live/lib/scrollingWaveform'),
    import('@/features/upload/lib/filePlayer'),
  ]);
}

export function Dashboard() {
  // Words are looked up while the page renders: all of it renders again in another language.
  useLocale();
  const isNarrow = !useIsPageAtLeast(ROOMY_REM);
  const [viewName = 'live', setViewName] = useUrlValue('view', { hasHistory: true });
  const view: View = views.find((name) => name === viewName) ?? 'live';
  const [visited, setVisited] = useState<View[]>([]);
  if (!visited.includes(view)) setVisited([...visited, view]);
  const [pickedModel, setPickedModel] = useUrlValue('model');
  const [drawer, setDrawer] = useState<'voice' | 'settings'>();

  const models = useModels();
  const baselines = useBaselines();
  const { state } = models;
  const model = state.phase === 'ready' ? chooseModel(state.models, pickedModel) : undefined;
  const ofPage = useDevice(model, loadParts);
  const consent = useConsent(ofPage.isOn);
  // Nothing is sent before it is known to which model.
  const isModelPending = state.phase !== 'ready';
  const live = useLive({ model, isModelPending, device: ofPage, baselines });
  const { listening, microphone, setMicrophone } = live;
  const history = useHistory(live.sessionControl.session);
  // Each view turns it off in the same way: what is for the server needs a consent of its own.
  const device = {
    ...ofPage,
    turn: (isOn: boolean) => {
      if (listening.phase !== 'idle' && !isOn && !consent.maySend) listening.stop();
      ofPage.turn(isOn);
    },
  };

  const [isHelping, setIsHelping] = useState(false);
  useShortcuts(true, {
    '?': () => {
      setIsHelping(true);
    },
  });

  const closeDrawer = useCallback(() => {
    setDrawer(undefined);
  }, []);

  // The microphone records one thing at a time.
  const wasListening = useRef(false);
  const stopToRead = () => {
    wasListening.current ||= listening.phase !== 'idle';
    listening.stop();
  };
  const resume = () => {
    if (wasListening.current) listening.start();
    wasListening.current = false;
  };

  const tabs: Tab<View>[] = views.map((name) => ({ name, label: t(`shell.${name}`) }));
  const panel = (name: View) => ({
    role: 'tabpanel',
    id: panelId(name),
    'aria-labelledby': tabId(name),
    // Hidden instead of unmounted: listening and uploading go on while another tab is shown.
    hidden: name !== view,
  });
  const modelsControl = { ...models, chosen: model, onPick: setPickedModel };
  const options = (
    <ListeningOptions
      listening={listening}
      device={device}
      mode={live.mode}
      onMode={live.setMode}
      microphone={microphone}
      onMicrophone={setMicrophone}
      isStacked={isNarrow}
    />
  );

  return (
    <div className={styles.page} data-view={view}>
      <header className={styles.header}>
        <h1 className={styles.title}>
          <span className={styles.logo} aria-hidden="true">
            <AudioLinesIcon />
          </span>
          <span className={styles.name}>{t('shell.title')}</span>
        </h1>
        <Tabs
          label={t('shell.views')}
          tabs={tabs}
          selected={view}
          onSelect={(name) => {
            setViewName(name === 'live' ? undefined : name);
          }}
        />
        <div className={styles.tools}>
          <ModelSelect {...modelsControl} picked={pickedModel} />
          <VoiceButton
            baselines={baselines}
            model={model}
            onOpen={() => {
              setDrawer('voice');
            }}
          />
          {!isNarrow && <ThemeSwitch />}
          <button
            type="button"
            className={styles.tool}
            aria-label={t('shell.settings')}
            data-testid="open-settings"
            onClick={() => {
              setDrawer('settings');
            }}
          >
            <SettingsIcon aria-hidden="true" />
          </button>
        </div>
      </header>

      <main className={styles.main}>
        <div {...panel('live')}>
          <LiveView
            live={live}
            model={model}
            modelsProblem={state.phase === 'failed' ? state.problem : null}
            baselines={baselines}
            consent={consent}
            history={history}
            options={isNarrow ? null : options}
            isShown={view === 'live'}
          />
        </div>
        <div {...panel('upload')}>
          <Suspense fallback={<p className={styles.loading}>{t('shell.loading')}</p>}>
            {visited.includes('upload') && (
              <UploadView
                model={model}
                isModelPending={isModelPending}
                device={device}
                baselines={baselines}
                isShown={view === 'upload'}
              />
            )}
          </Suspense>
        </div>
        <div {...panel('history')}>
          <Suspense fallback={<p className={styles.loading}>{t('shell.loading')}</p>}>
            {visited.includes('history') && (
              <HistoryView
                session={live.sessionControl.session}
                history={history}
                isShown={view === 'history'}
              />
            )}
          </Suspense>
        </div>
        <div {...panel('models')}>
          <Suspense fallback={<p className={styles.loading}>{t('shell.loading')}</p>}>
            {visited.includes('models') && <ModelsView {...modelsControl} />}
          </Suspense>
        </div>
      </main>

      <footer className={styles.footer}>{t('shell.estimate')}</footer>

      <Drawer
        title={t('voice.title')}
        isOpen={drawer === 'voice'}
        testId="voice-drawer"
        onClose={closeDrawer}
      >
        <VoicePanel
          baselines={baselines}
          model={model}
          service={device.service}
          isOnDevice={device.isOn}
          isPending={live.isDevicePending}
          microphone={microphone}
          isListening={listening.phase === 'listening'}
          consent={consent}
          onRead={stopToRead}
          onClosed={resume}
        />
      </Drawer>
      <SettingsDrawer
        isOpen={drawer === 'settings'}
        onClose={closeDrawer}
        microphone={microphone}
        onMicrophone={setMicrophone}
        options={isNarrow ? options : null}
        hasTheme={isNarrow}
        onShortcuts={() => {
          setIsHelping(true);
        }}
      />
      {consent.dialog}
      <KeyDialog />
      {isHelping && (
        <ShortcutsDialog
          onClose={() => {
            setIsHelping(false);
          }}
        />
      )}
    </div>
  );
}
