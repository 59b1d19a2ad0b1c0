export interface Container {
  mimeType: string;
  fileName: string;
}

const containers: Container[] = [
  { mimeType: 'audio/webm;codecs=opus', fileName: 'recording.webm' },
  { mimeType: 'audio/mp4', fileName: 'recording.m4a' },
];

/** The first container this browser can record, or undefined where it has no usable MediaRecorder. */
export function chooseContainer(): Container | undefined {
  if (typeof MediaRecorder === 'undefined') return undefined;
  // The types promise isTypeSupported, but older Safari does not have it.
  const recorder = MediaRecorder as Partial<typeof MediaRecorder>;
  return containers.find(({ mimeType }) => recorder.isTypeSupported?.(mimeType));
}
