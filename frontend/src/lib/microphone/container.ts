export interface Container {
  mimeType: string;
  fileName: string;
}

const containers: Container[] = [
  { mimeType: 'audio/webm;codecs=opus', fileName: 'recording.webm' },
  { mimeType: 'audio/mp4', fileName: 'recording.m4a' },
];

/** The first container that this browser can record; undefined without a usable MediaRecorder. */
export function chooseContainer(): Container | undefined {
  if (typeof MediaRecorder === 'undefined') return undefined;
  // Older Safari lacks isTypeSupported, although the types declare it.
  const recorder = MediaRecorder as Partial<typeof MediaRecorder>;
  return containers.find(({ mimeType }) => recorder.isTypeSupported?.(mimeType));
}
