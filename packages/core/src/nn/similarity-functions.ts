/** Products and similarities of two inputs. */
import { ShapeError } from '../errors.ts';
import { makeNode } from '../graph/node.ts';
import { rowsProduct } from '../ops/rows-product.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
import { derived, f32, type Tensor } from '../tensor/tensor.ts';

/**
 * y[o] = Σ_ij x1[i] · weight[o][i][j] · x2[j] + bias[o]: x1 […, I], x2 […, J], weight [O, I, J], bias [O] → […, O].
 * @throws ShapeError where operands do not fit.
 */
export function bilinear(
  x1: Tensor,
  x2: Tensor,
  weight: Tensor,
  options: { bias?: Tensor | null; where?: string } = {},
): Tensor {
  const { bias = null, where = 'bilinear' } = options;
  const [outputs, first, second] = weight.shape as [number, number, number];
  const lead = x1.shape.slice(0, -1);
  const fits = x1.shape.at(-1) === first && x2.shape.at(-1) === second && sameShape(lead, x2.shape.slice(0, -1));
  if (weight.rank !== 3 || x1.rank < 1 || !fits || (bias && !sameShape(bias.shape, [outputs]))) {
    const operands = [x1, x2, weight, ...(bias ? [bias] : [])].map(({ shape }) => formatShape(shape));
    throw new ShapeError(
      `${where}: expected inputs […, I] and […, J], a weight [O, I, J] and a bias [O], got ${operands.join(', ')}`,
    );
  }
  const [rows, table] = [x2.reshape([-1, second]), weight.reshape([outputs * first, second])];
  const product = makeNode(rowsProduct, [f32(rows.node), f32(table.node)], { transposed: true, where });
  const products = derived(product, [rows, table]);
  const sums = products
    .reshape([-1, outputs, first])
    .mul(x1.reshape([-1, 1, first]))
    .sum(2);
  return (bias ? sums.add(bias) : sums).reshape([...lead, outputs]);
}

/**
 * Σ x1·x2 / (max(‖x1‖, eps) · max(‖x2‖, eps)) along an axis, after broadcasting; eps² must be a normal f32. @throws RangeError for an axis that does not exist,
 * ShapeError for shapes that do not broadcast.
 */
export function cosineSimilarity(x1: Tensor, x2: Tensor, options: { dim?: number; eps?: number } = {}): Tensor {
  const { dim = 1, eps = 1e-8 } = options;
  // Before the root, so that a vector of zeros has a gradient.
  const norm = (x: Tensor) =>
    x
      .square()
      .sum(dim, { keepDims: true })
      .maximum(eps * eps)
      .sqrt();
  return x1
    .div(norm(x1))
    .mul(x2.div(norm(x2)))
    .sum(dim);
}
