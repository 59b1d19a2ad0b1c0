/** Lets the browser save a text as a file, as if it were downloaded. */
export function download(text: string, fileName: string, mimeType: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: mimeType }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The browser reads the file after this task.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  });
}
