import { useEffect, useState, useSyncExternalStore } from 'react';
import { VoiceStore, type VoiceState } from './voiceStore';

/** One for the page, which all its views share. */
export function useVoices(): VoiceStore {
  const [voices] = useState(() => new VoiceStore());
  useEffect(() => voices.followOtherTabs(), [voices]);
  return voices;
}

export function useVoiceState(voices: VoiceStore): VoiceState {
  return useSyncExternalStore(voices.subscribe, voices.getState);
}
