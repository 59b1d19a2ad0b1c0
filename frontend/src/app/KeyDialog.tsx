import { useEffect, useId, useRef, useState, type SyntheticEvent } from 'react';
import { Dialog } from '@/components/Dialog';
import { accessKey, useAccess } from '@/lib/accessKey';
import { checkKey } from '@/lib/http';
import { t } from '@/lib/i18n';
import type { Problem } from '@/lib/problem';
import { apiHost } from '@/lib/site';
import styles from './KeyDialog.module.css';

function decline() {
  accessKey.decline();
}

function Question({ wasRefused }: { wasRefused: boolean }) {
  const id = useId();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<Problem>();
  const [isChecking, setIsChecking] = useState(false);
  const isOpen = useRef(true);
  useEffect(() => {
    isOpen.current = true;
    return () => {
      isOpen.current = false;
    };
  }, []);

  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    const key = text.trim();
    if (isChecking || key === '') return;
    setIsChecking(true);
    const found = await checkKey(key);
    // Who said "not now" meanwhile meant it.
    if (!isOpen.current) return;
    setIsChecking(false);
    setProblem(found);
    if (!found) accessKey.use(key);
  };

  const refusal = problem ? `${problem.title}. ${problem.remedy}` : wasRefused ? t('key.refused') : '';
  return (
    <Dialog
      title={t('key.title')}
      testId="key-dialog"
      onCancel={decline}
      actions={
        <>
          <button type="button" className="btn ser-button" onClick={decline}>
            {t('key.notNow')}
          </button>
          {/* Not `disabled`, which would lose the keyboard focus. */}
          <button
            type="submit"
            form={`${id}-form`}
            className="btn ser-button-primary"
            aria-disabled={isChecking}
          >
            {t(isChecking ? 'key.checking' : 'key.use')}
          </button>
        </>
      }
    >
      <form id={`${id}-form`} onSubmit={(event) => void submit(event)}>
        <p id={`${id}-hint`}>{t('key.hint', { host: apiHost })}</p>
        <label className={styles.label} htmlFor={id}>
          {t('key.label')}
        </label>
        <input
          id={id}
          type="password"
          className={styles.input}
          // Browsers keep no password that is a key of a server.
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          data-testid="key-input"
          aria-describedby={`${id}-hint ${id}-problem`}
          aria-invalid={refusal !== ''}
          value={text}
          onChange={({ currentTarget }) => {
            setText(currentTarget.value);
          }}
        />
        <p id={`${id}-problem`} className={styles.problem} role="status" data-testid="key-problem">
          {refusal}
        </p>
      </form>
    </Dialog>
  );
}

/** Asks for the server's key, where it wants one. */
export function KeyDialog() {
  const { isAsking, wasRefused } = useAccess();
  return isAsking ? <Question wasRefused={wasRefused} /> : null;
}
