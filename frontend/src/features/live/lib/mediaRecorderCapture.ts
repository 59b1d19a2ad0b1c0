import type { Capture } from './capture';

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
  return containers.find(({ mimeType }) => MediaRecorder.isTypeSupported(mimeType));
}

export function startMediaRecorder(stream: MediaStream, container: Container): Capture {
  const recorder = new MediaRecorder(stream, { mimeType: container.mimeType });
  const parts: Blob[] = [];
  recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
  const stopped = new Promise<void>((resolve) => {
    recorder.addEventListener('stop', () => {
      resolve();
    });
  });
  const stop = () => {
    if (recorder.state !== 'inactive') recorder.stop();
    return stopped;
  };
  recorder.start();

  return {
    finish: async () => {
      await stop();
      const file = new File(parts, container.fileName, { type: container.mimeType });
      if (file.size === 0) throw new Error('MediaRecorder delivered no data.');
      return file;
    },
    release: stop,
  };
}
