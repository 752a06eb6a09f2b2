/** Naive twins: rows of a table by number, and the gradient to the table. */
import type { Kernels } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

export function embeddingTwins(views: Views): Pick<Kernels, 'embedding' | 'embeddingGrad'> {
  return {
    embedding(weight, indices, out, count, dim, rows) {
      for (let i = 0; i < count * dim; i++) {
        const row = views.i32[word(indices) + Math.floor(i / dim)]!;
        const inside = row >= 0 && row < rows;
        views.f32[word(out) + i] = inside ? views.f32[word(weight) + row * dim + (i % dim)]! : Number.NaN;
      }
    },
    embeddingGrad(dy, indices, dWeight, count, dim, first, rows, skipped, continued) {
      if (!continued) views.f32.fill(0, word(dWeight), word(dWeight) + rows * dim);
      for (let i = 0; i < count * dim; i++) {
        const index = views.i32[word(indices) + Math.floor(i / dim)]!;
        if (index < first || index >= first + rows || index === skipped) continue;
        const to = word(dWeight) + (index - first) * dim + (i % dim);
        views.f32[to] = f(views.f32[to]! + views.f32[word(dy) + i]!);
      }
    },
  };
}
