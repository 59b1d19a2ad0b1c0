import { Component, type ReactNode } from 'react';
import { t } from '@/lib/i18n';

interface ErrorBoundaryProps {
  onStartOver: () => void;
  children: ReactNode;
}

/** Shows a message and a button where rendering the page failed. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <div className="container py-5 text-center" role="alert">
        <h1 className="h4">{t('common.pageFailed')}</h1>
        <p>{t('common.pageFailedHint')}</p>
        <button
          type="button"
          className="btn ser-button-primary"
          data-testid="start-over"
          onClick={this.props.onStartOver}
        >
          {t('common.deleteSession')}
        </button>
      </div>
    );
  }
}
