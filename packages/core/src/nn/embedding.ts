/** Embedding layers: learned tables of rows. */
import { ShapeError } from '../errors.ts';
import { randn, tensor } from '../tensor/create.ts';
import type { DType } from '../tensor/dtype.ts';
import { formatShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type BagMode, checkPaddingIdx, embedding, embeddingBag } from './embedding-function.ts';
import { checkCount } from './linear.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

export interface EmbeddingConfig {
  /** A row that is zero at first and gets no gradient; negative numbers count from the end. Default: none. */
  readonly paddingIdx?: number | null;
}

export interface PretrainedConfig extends EmbeddingConfig {
  /** Keep the table as it is. Default true. */
  readonly freeze?: boolean;
}

/** The values of a table, as a parameter of its own. */
function copied(table: Tensor, where: string): Parameter {
  if (table.rank !== 2)
    throw new ShapeError(`${where}: expected a table of shape [V, D], got ${formatShape(table.shape)}`);
  const [rows, dim] = table.shape as [number, number];
  checkCount(rows, `${where}: numEmbeddings`);
  checkCount(dim, `${where}: embeddingDim`);
  return new Parameter(tensor(table.data, { shape: table.shape }));
}

function drawn(numEmbeddings: number, embeddingDim: number, where: string): Parameter {
  checkCount(numEmbeddings, `${where}: numEmbeddings`);
  checkCount(embeddingDim, `${where}: embeddingDim`);
  return new Parameter(randn([numEmbeddings, embeddingDim]));
}

function clearRow(weight: Parameter, row: number): void {
  weight.slice([{ start: row, end: row + 1 }]).data.fill(0);
}

/**
 * A table of `numEmbeddings` rows: indices i32 of any shape […] → […, embeddingDim]. weight [V, D], standard normal at first, the row
 * `paddingIdx` zero. RangeError for options and indices out of range; in a running program indices out of range give NaN.
 */
export class Embedding extends Module {
  readonly weight: Parameter;
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingConfig & { weight?: Tensor } = {}) {
    super();
    const { weight, paddingIdx = null } = options;
    this.weight = weight ? copied(weight, 'Embedding') : drawn(numEmbeddings, embeddingDim, 'Embedding');
    if (this.weight.shape[0] !== numEmbeddings || this.weight.shape[1] !== embeddingDim) {
      throw new ShapeError(
        `Embedding: expected a weight of shape [${numEmbeddings}, ${embeddingDim}], got ${formatShape(this.weight.shape)}`,
      );
    }
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = checkPaddingIdx(paddingIdx, numEmbeddings, 'Embedding');
    if (!weight && this.paddingIdx !== null) clearRow(this.weight, this.paddingIdx);
  }

  /** A layer of the values of a table [V, D]; frozen unless `freeze` is false. */
  static fromPretrained(embeddings: Tensor, options: PretrainedConfig = {}): Embedding {
    const { freeze = true, paddingIdx = null } = options;
    const [rows = 0, dim = 0] = embeddings.shape;
    const layer = new Embedding(rows, dim, { weight: embeddings, paddingIdx });
    layer.weight.requiresGrad = !freeze;
    return layer;
  }

  override forward(indices: Tensor<DType>): Tensor {
    return embedding(indices, this.weight, { paddingIdx: this.paddingIdx, where: this.describe() });
  }

  override extraRepr(): string {
    const padding = this.paddingIdx === null ? '' : `, padding_idx=${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}${padding}`;
  }
}

export interface EmbeddingBagConfig extends EmbeddingConfig {
  /** How the rows of a bag are joined. Default `mean`. */
  readonly mode?: BagMode;
}

/**
 * A table whose rows are joined over bags: indices i32 [B, N] → [B, embeddingDim], by the sum, the mean or the maximum; for the sum with
 * factors `perSampleWeights` [B, N] as a second input. Indices equal to `paddingIdx` stand for no row. weight [V, D], standard normal at
 * first, the row `paddingIdx` zero. RangeError for options and indices out of range, ShapeError for other shapes.
 */
export class EmbeddingBag extends Module {
  readonly weight: Parameter;
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly mode: BagMode;
  readonly paddingIdx: number | null;

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingBagConfig = {}) {
    super();
    const { mode = 'mean', paddingIdx = null } = options;
    this.weight = drawn(numEmbeddings, embeddingDim, 'EmbeddingBag');
    this.paddingIdx = checkPaddingIdx(paddingIdx, numEmbeddings, 'EmbeddingBag');
    if (this.paddingIdx !== null) clearRow(this.weight, this.paddingIdx);
    if (!['sum', 'mean', 'max'].includes(mode))
      throw new RangeError(`EmbeddingBag: mode is 'sum', 'mean' or 'max', got ${String(mode)}`);
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.mode = mode;
  }

  override forward(indices: Tensor<DType>, perSampleWeights: Tensor | null = null): Tensor {
    const { mode, paddingIdx } = this;
    return embeddingBag(indices, this.weight, { mode, paddingIdx, perSampleWeights, where: this.describe() });
  }

  override extraRepr(): string {
    const padding = this.paddingIdx === null ? '' : `, padding_idx=${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}, mode=${this.mode}${padding}`;
  }
}
