import { useEffect, useMemo, useState } from 'react';
import type { Segment } from '@/lib/timelineSchemas';
import { decodedPeaks, LONGEST_DECODED_S, normalised, speechPeaks } from '../lib/peaks';

const LOUDEST = 255;

interface PeaksOptions {
  /** Undefined where there is no sound. */
  file: File | undefined;
  /** 0 while nobody knows. */
  durationS: number;
  /** The server's, 0-255. */
  known: number[] | null | undefined;
  segments: Segment[];
}

export interface Peaks {
  /** 0 to 1. */
  peaks: number[];
  /** False where they show where there is speech, not how loud it is. */
  isSound: boolean;
}

/** What the waveform of a file is drawn from: the server's peaks, else a short file's own. */
export function usePeaks({ file, durationS, known, segments }: PeaksOptions): Peaks {
  const [decoded, setDecoded] = useState<{ file: File; peaks: number[] | undefined }>();
  const isDecoded = !known && durationS > 0 && durationS <= LONGEST_DECODED_S;

  useEffect(() => {
    if (!file || !isDecoded) return undefined;
    let isGone = false;
    void decodedPeaks(file).then((peaks) => {
      if (!isGone) setDecoded({ file, peaks });
    });
    return () => {
      isGone = true;
    };
  }, [file, isDecoded]);

  return useMemo(() => {
    if (known) return { peaks: normalised(known.map((peak) => peak / LOUDEST)), isSound: true };
    const own = decoded?.file === file ? decoded?.peaks : undefined;
    if (own) return { peaks: own, isSound: true };
    // Until a short file is decoded, nothing is drawn that would change at once.
    if (durationS <= 0 || (file && isDecoded && !decoded)) return { peaks: [], isSound: true };
    return { peaks: speechPeaks(segments, durationS), isSound: false };
  }, [known, decoded, file, isDecoded, durationS, segments]);
}
