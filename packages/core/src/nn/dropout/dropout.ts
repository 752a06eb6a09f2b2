/** The dropout layer. */
import type { RandomScope } from '../../ops/dropout.ts';
import type { Seed } from '../../random/streams.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { Module } from '../module.ts';

export interface DropoutConfig {
  /**
   * `sample` (default): a mask depends on the sample's place in the global batch, so on neither workers nor shards. `worker`: on the
   * logical shard and the place within it, seeded by `workerSeed(root, shard)`, as data-parallel PyTorch seeds each rank.
   */
  readonly scope?: RandomScope;
  /** The root seed of the masks. Default: `manualSeed`'s, or the run's. */
  readonly seed?: Seed;
}

/**
 * Inverted dropout (Srivastava et al. 2014) on tensors of any shape: while training, each element is zeroed with probability p and what
 * stays is scaled by 1/(1 − p); in evaluation the input itself is returned. PyTorch's `nn.Dropout`.
 *
 * Usual p: 0.1 to 0.2 at the input, 0.5 in hidden layers, none at the output. Place it after the activation, before the next linear layer.
 */
export class Dropout extends Module {
  readonly p: number;
  readonly config: DropoutConfig;

  /** @throws RangeError if p is not in [0, 1]. */
  constructor(p = 0.5, config: DropoutConfig = {}) {
    super();
    F.checkProbability(p, 'Dropout');
    if (p === 1) console.warn('Dropout: p = 1 drops every element; the layer returns zeros while training');
    this.p = p;
    this.config = config;
  }

  override forward(x: Tensor): Tensor {
    return F.dropout(x, { ...this.config, p: this.p, training: this.training });
  }

  override describe(): string {
    return `Dropout(${this.p}${this.config.scope === 'worker' ? ', scope: worker' : ''})`;
  }
}
