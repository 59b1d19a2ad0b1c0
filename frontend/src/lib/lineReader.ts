/** Takes the whole text received so far and returns the new complete lines. */
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
