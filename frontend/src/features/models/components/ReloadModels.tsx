import { t } from '@/lib/i18n';

interface ReloadModelsProps {
  isAsking: boolean;
  onReload: () => void;
}

/** Asks for the list of models again, at once. */
export function ReloadModels({ isAsking, onReload }: ReloadModelsProps) {
  return (
    <button
      type="button"
      className="btn btn-sm ser-button"
      data-testid="reload-models"
      // Not `disabled`, which would lose the keyboard focus.
      aria-disabled={isAsking}
      onClick={() => {
        if (!isAsking) onReload();
      }}
    >
      {t(isAsking ? 'models.loadingShort' : 'common.tryAgain')}
    </button>
  );
}
