/** Naive twins: what evaluation counts and keeps. */
import type { Kernels } from '../signatures.ts';
import { type Views, word } from './views.ts';

/** Classes in descending order of their scores, NaN first, the lower number first among equal ones. */
function ranking(scores: readonly number[]): number[] {
  const value = (score: number): number => (Number.isNaN(score) ? Number.POSITIVE_INFINITY : score);
  const isNaN = (j: number): number => Number(Number.isNaN(scores[j]));
  return scores
    .map((_, j) => j)
    .sort((a, b) => {
      if (isNaN(a) !== isNaN(b)) return isNaN(b) - isNaN(a);
      const [x, y] = [value(scores[a]!), value(scores[b]!)];
      return x === y ? a - b : x > y ? -1 : 1;
    });
}

export function metricTwins(views: Views): Pick<Kernels, 'topKCorrect' | 'confusionCounts' | 'storeBatch'> {
  const row = (x: number, r: number, n: number): number[] => [
    ...views.f32.subarray(word(x) + r * n, word(x) + r * n + n),
  ];
  return {
    topKCorrect(x, targets, out, rows, n, k) {
      for (let r = 0; r < rows; r++) {
        const place = ranking(row(x, r, n)).indexOf(views.i32[word(targets) + r]!);
        views.f32[word(out) + r] = place < k ? 1 : 0;
      }
    },
    confusionCounts(x, targets, counts, rows, n) {
      for (let r = 0; r < rows; r++) {
        views.i32[word(counts) + views.i32[word(targets) + r]! * n + ranking(row(x, r, n))[0]!]!++;
      }
    },
    storeBatch(x, out, bytes, step, stepBytes) {
      views.u8.copyWithin(out + views.i32[word(step)]! * stepBytes, x, x + bytes);
    },
  };
}
