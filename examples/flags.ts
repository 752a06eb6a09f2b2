/** The flags of the examples: `--limit 200 --epochs 1` tries one on a few samples. */
import { parseArgs } from 'node:util';

/** Epochs, and how many samples there are of each split at most (default: all). */
export function flags(defaults: { readonly epochs: number }): { readonly epochs: number; readonly limit?: number } {
  const { values } = parseArgs({ options: { epochs: { type: 'string' }, limit: { type: 'string' } } });
  const epochs = values.epochs === undefined ? defaults.epochs : Number(values.epochs);
  return values.limit === undefined ? { epochs } : { epochs, limit: Number(values.limit) };
}
