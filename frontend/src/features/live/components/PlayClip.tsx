import { useEffect, useRef, useState } from 'react';
import PlayIcon from '~icons/lucide/play';
import SquareIcon from '~icons/lucide/square';
import { t } from '@/lib/i18n';
import styles from './PlayClip.module.css';

/** Plays what a result was made of, where no microphone would hear it. Unmounting ends it. */
export function PlayClip({ file, isListening }: { file: File; isListening: boolean }) {
  const [isPlaying, setIsPlaying] = useState(false);
  const audio = useRef<HTMLAudioElement>(null);

  useEffect(() => {
    const element = audio.current;
    const url = URL.createObjectURL(file);
    if (element) element.src = url;
    return () => {
      element?.pause();
      URL.revokeObjectURL(url);
    };
  }, [file]);

  const toggle = () => {
    const element = audio.current;
    if (!element) return;
    if (isPlaying) element.pause();
    else if (!isListening) {
      element.currentTime = 0;
      // Some browsers record what they cannot play.
      element.play().catch(() => undefined);
    }
  };
  return (
    <>
      {/* Its words are not known. */}
      {/* eslint-disable-next-line jsx-a11y/media-has-caption */}
      <audio
        ref={audio}
        onPlay={() => {
          setIsPlaying(true);
        }}
        onPause={() => {
          setIsPlaying(false);
        }}
      />
      <button
        type="button"
        className={styles.button}
        // Not `disabled`, which would lose the keyboard focus.
        aria-disabled={isListening && !isPlaying}
        title={isListening ? t('live.stopToPlay') : undefined}
        data-testid="play-clip"
        onClick={toggle}
      >
        {isPlaying ? <SquareIcon aria-hidden="true" /> : <PlayIcon aria-hidden="true" />}
        {t(isPlaying ? 'live.stopPlaying' : 'live.play')}
      </button>
    </>
  );
}
