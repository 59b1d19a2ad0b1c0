import { Component, type ReactNode } from 'react';

interface ErrorBoundaryProps {
  onStartOver: () => void;
  children: ReactNode;
}

/** React takes a page away that cannot be drawn; this leaves a way out in its place. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <div className="container py-5 text-center" role="alert">
        <h1 className="h4">The page could not be shown</h1>
        <p>Reload it. If that does not help, start over without the session that is stored here.</p>
        <button
          type="button"
          className="btn ser-button-primary"
          data-testid="start-over"
          onClick={this.props.onStartOver}
        >
          Clear the stored session
        </button>
      </div>
    );
  }
}
