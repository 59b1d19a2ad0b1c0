/** Takes a text that grows, as a whole each time, and returns the lines that have become whole. */
export function createLineReader(): (soFar: string) => string[] {
  let readTo = 0;
  return (soFar) => {
    const end = soFar.lastIndexOf('\n') + 1;
    if (end <= readTo) return [];
    const lines = soFar.slice(readTo, end).split('\n');
    readTo = end;
    return lines.filter((line) => line !== '');
  };
}
