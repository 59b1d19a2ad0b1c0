/** Later than the end of any file. */
const BEYOND_S = 1e9;

/**
 * How long the browser takes a file to be, without decoding it; undefined where it cannot play it.
 * What a browser recorded itself does not say how long it is: such a file is searched for its end.
 */
export function mediaDurationS(file: Blob): Promise<number | undefined> {
  const media = document.createElement('audio');
  const url = URL.createObjectURL(file);
  return new Promise<number | undefined>((resolve) => {
    const settle = () => {
      if (Number.isFinite(media.duration)) resolve(media.duration);
      else if (media.currentTime < BEYOND_S) media.currentTime = BEYOND_S;
    };
    media.addEventListener('loadedmetadata', settle);
    media.addEventListener('durationchange', settle);
    media.addEventListener('error', () => {
      resolve(undefined);
    });
    media.preload = 'metadata';
    media.src = url;
  }).finally(() => {
    media.removeAttribute('src');
    URL.revokeObjectURL(url);
  });
}
