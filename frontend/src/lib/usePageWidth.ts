import { useSyncExternalStore } from 'react';

/** Wide enough for details beside a list. */
export const WIDE_REM = 62;

/** Wide enough for the options of the microphone beside it; narrower pages have them in the settings. */
export const ROOMY_REM = 80;

/** Below this, few words fit a line: a phone with very large text. */
export const LARGE_TEXT_REM = 20;

let ruler: HTMLElement | undefined;
let widthRem: number | undefined;

/** An element as wide as the text is large: some browsers zoom the text alone, which no media query tells. */
function rulerOfText(): HTMLElement {
  if (!ruler?.isConnected) {
    ruler = document.createElement('div');
    ruler.style.cssText = 'position: fixed; width: 1rem; visibility: hidden;';
    document.body.append(ruler);
  }
  return ruler;
}

function measure(): number {
  widthRem = window.innerWidth / parseFloat(getComputedStyle(rulerOfText()).width);
  return widthRem;
}

function subscribe(listener: () => void) {
  const change = () => {
    measure();
    listener();
  };
  const observer = new ResizeObserver(change);
  observer.observe(rulerOfText());
  window.addEventListener('resize', change);
  measure();
  return () => {
    observer.disconnect();
    window.removeEventListener('resize', change);
  };
}

/** Whether the page has room for so much text, as the styles ask of the container `page`. */
export function useIsPageAtLeast(leastRem: number): boolean {
  return useSyncExternalStore(subscribe, () => (widthRem ?? measure()) >= leastRem);
}
