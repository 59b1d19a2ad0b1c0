import { emotionAppearance } from './emotionAppearance';

/** The value of a custom property, for drawing on a canvas. */
export function themeColor(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim();
}

export function emotionColor(emotion: string, alpha = 1): string {
  const { hue, chroma } = emotionAppearance(emotion);
  return `oklch(${themeColor('--ser-emotion-lightness')} ${chroma} ${hue} / ${alpha})`;
}

/** Calls back when light turns to dark or back, until the returned function is called. */
export function observeTheme(onChange: () => void): () => void {
  const observer = new MutationObserver(onChange);
  observer.observe(document.documentElement, { attributeFilter: ['data-bs-theme'] });
  return () => {
    observer.disconnect();
  };
}
