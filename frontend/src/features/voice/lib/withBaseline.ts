import { toProblem } from '@/lib/problem';
import type { SentBaseline, BaselineStore } from './baselineStore';

/** Sends a request with the baseline; drops a baseline that the server cannot read and sends again. */
export async function withBaseline<T>(
  baselines: BaselineStore,
  kind: string,
  send: (voice: SentBaseline) => Promise<T>,
): Promise<T> {
  const voice = baselines.take(kind);
  try {
    return await send(voice);
  } catch (error) {
    const isUnreadable = voice.token !== undefined && toProblem(error).code === 'bad_baseline';
    if (!isUnreadable) throw error;
    baselines.drop(voice);
    return withBaseline(baselines, kind, send);
  }
}
