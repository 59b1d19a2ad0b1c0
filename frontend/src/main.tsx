import './app/bootstrap.scss';
import './app/theme.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Dashboard } from './app/Dashboard';
import { ErrorBoundary } from './components/ErrorBoundary';
import { forgetSession } from './features/session/lib/storedSession';
import { preferredLocale, showLocale } from '@/lib/i18n';
import { registerServiceWorker } from './lib/serviceWorker';
import { applyTheme, storedTheme } from './lib/theme';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element with the id "root".');

function startOver() {
  forgetSession();
  window.location.reload();
}

// Before the first paint, to avoid a flash of the other theme.
applyTheme(storedTheme())();

const page = createRoot(root);
function render() {
  page.render(
    <StrictMode>
      <ErrorBoundary onStartOver={startOver}>
        <Dashboard />
      </ErrorBoundary>
    </StrictMode>,
  );
}
// In English where the words of another language cannot be loaded.
showLocale(preferredLocale()).then(render, render);

// After the page's own files: keeping them must not delay it.
window.addEventListener('load', () => void registerServiceWorker());
