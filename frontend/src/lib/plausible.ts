/** What schemas cannot say of a file that somebody opens: a page that draws more would hang. */

/** 4 h of speech make 8 MB. */
export const LARGEST_EXPORT_BYTES = 64 * 1024 * 1024;

export const MOST_PARTS = 100_000;
export const LONGEST_S = 24 * 3600;

const MOST_EMOTIONS = 32;
const LONGEST_NAME = 100;

/** Whether they can be the names of a model's emotions. */
export function areNames(names: string[]): boolean {
  return (
    names.length <= MOST_EMOTIONS &&
    names.every((name) => name.length > 0 && name.length <= LONGEST_NAME)
  );
}
