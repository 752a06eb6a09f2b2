/** "Did you mean": the known word that is nearest to what was typed. */
import { closest, distance } from 'fastest-levenshtein';

/** A sentence for the end of an error: the nearest word if one is near, else `otherwise`. */
export function suggestion(typed: string, words: readonly string[], otherwise: string): string {
  const nearest = closest(typed.toLowerCase(), words);
  const near = distance(typed.toLowerCase(), nearest) <= Math.max(2, Math.floor(nearest.length * 0.4));
  return near ? `Did you mean ${nearest}?` : otherwise;
}
