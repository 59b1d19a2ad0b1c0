const KEPT_MS = 40_000;

/** Lets the browser save a text as a file, as if it were downloaded. */
export function download(text: string, fileName: string, mimeType: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: mimeType }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // Some browsers ask where to save the file before they read it.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, KEPT_MS);
}
