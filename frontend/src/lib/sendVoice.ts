import { toProblem } from './problem';
import type { SentVoice, VoiceStore } from './voiceStore';

/** Sends something along with what is known of the speaker; what the server cannot read is dropped. */
export async function sendVoice<T>(
  voices: VoiceStore,
  kind: string,
  send: (voice: SentVoice) => Promise<T>,
): Promise<T> {
  const voice = voices.take(kind);
  try {
    return await send(voice);
  } catch (error) {
    const isUnreadable = voice.token !== undefined && toProblem(error).code === 'bad_baseline';
    if (!isUnreadable) throw error;
    voices.drop(voice);
    return sendVoice(voices, kind, send);
  }
}
