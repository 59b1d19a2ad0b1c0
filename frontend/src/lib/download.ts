const KEPT_MS = 40_000;

/** Saves a text as a file. */
export function download(text: string, fileName: string, mimeType: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: mimeType }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // Some browsers ask for a path before they read the file.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, KEPT_MS);
}
