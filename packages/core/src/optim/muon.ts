/** Muon for the matrices of hidden layers, with AdamW for the rest. */
import { makeNode, type Node } from '../graph/node.ts';
import { integerPower } from '../math/power.ts';
import type { Parameter } from '../nn/parameter.ts';
import { binaryNode, unaryNode } from '../ops/elementwise.ts';
import { momentumUpdate, muonMomentum, orthogonalized } from '../ops/muon.ts';
import { fullNode } from '../ops/source.ts';
import { update } from '../ops/update.ts';
import { formatShape } from '../tensor/shape.ts';
import { clippedByNorm, clippedByValue } from './clip.ts';
import { Optimizer, type UpdateExtras } from './optimizer.ts';
import {
  type CommonOptions,
  checkAtLeastZero,
  checkBelowOne,
  checkBetas,
  type ParametersOrGroups,
  type UpdateRule,
} from './rule.ts';

export interface MuonOptions extends CommonOptions {
  /** Default 1e-3. */
  readonly lr?: number;
  /** Taken from the weight itself. Default 0.1. */
  readonly weightDecay?: number;
  /** Default 0.95. */
  readonly momentum?: number;
  /** Default true. */
  readonly nesterov?: boolean;
  /** a, b and c of the iteration. Default [3.4445, −4.775, 2.0315]. */
  readonly nsCoefficients?: readonly [number, number, number];
  /** The least norm to divide by. Default 1e-7. */
  readonly eps?: number;
  /** Iterations. Default 5. */
  readonly nsSteps?: number;
  /**
   * How the rate follows the shape [R, C]: `original` times √max(1, R/C) (Jordan et al. 2024), `matchRmsAdamw` times 0.2·√max(R, C), so that
   * rates and decays of AdamW serve (Liu et al. 2025). Default 'original'.
   */
  readonly adjustLrFn?: 'original' | 'matchRmsAdamw';
  /** False for a group that AdamW is to update: biases, embeddings, the first and the last layer. Default true. */
  readonly useMuon?: boolean;
  /** Of AdamW, for groups without Muon. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
}

/** Of AdamW, whose `eps` is not Muon's. */
const adamEps = 1e-8;

const rule: UpdateRule<MuonOptions> = {
  name: 'Muon',
  defaults: {
    lr: 1e-3,
    weightDecay: 0.1,
    momentum: 0.95,
    nesterov: true,
    nsCoefficients: [3.4445, -4.775, 2.0315],
    eps: 1e-7,
    nsSteps: 5,
    adjustLrFn: 'original',
    useMuon: true,
    betas: [0.9, 0.999],
  },
  kernel: ({ useMuon }) => (useMuon ? 'muon' : 'adam'),
  states: ({ useMuon }): Record<string, number> => (useMuon ? { momentum_buffer: 0 } : { exp_avg: 0, exp_avg_sq: 0 }),
  check({ weightDecay, momentum, eps, nsSteps, adjustLrFn, betas }) {
    checkAtLeastZero(weightDecay, 'weightDecay');
    checkBelowOne(momentum, 'momentum');
    checkAtLeastZero(eps, 'eps');
    checkBetas(betas);
    if (!Number.isSafeInteger(nsSteps) || nsSteps < 1 || nsSteps > 99)
      throw new RangeError(`optimizer: nsSteps must be an integer from 1 to 99, got ${nsSteps}`);
    if (adjustLrFn !== 'original' && adjustLrFn !== 'matchRmsAdamw')
      throw new RangeError(`optimizer: adjustLrFn must be original or matchRmsAdamw, got ${String(adjustLrFn)}`);
  },
  words({ lr, weightDecay, momentum, nesterov, useMuon, betas }, step) {
    const kept = 1 - lr * weightDecay;
    // As many words as AdamW's.
    if (useMuon) return [lr, kept, 1 - momentum, momentum, Number(nesterov), 0, 0, 0];
    const [beta1, beta2] = betas;
    const corrections = [1 - integerPower(beta1, step + 1), 1 - integerPower(beta2, step + 1)] as const;
    return [lr / corrections[0], 1 - beta1, beta2, 1 - beta2, adamEps, 0, kept, Math.sqrt(corrections[1])];
  },
  withMomentum: (group, momentum) =>
    group.useMuon ? { ...group, momentum } : { ...group, betas: [momentum, group.betas[1]] },
};

/**
 * Muon (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks") as torch.optim.Muon writes it, in f32 throughout:
 * m += (g − m)(1 − momentum); u = nesterov ? g + (m − g)·momentum : m; X = u made nearly orthogonal by `nsSteps` Newton–Schulz iterations;
 * w = w·(1 − lr·weightDecay); w −= lr·s·X, with s from the shape. For matrices of hidden layers; give the other parameters to a group with
 * `useMuon: false`, which AdamW updates with the group's own lr and weightDecay.
 */
export class Muon extends Optimizer<MuonOptions> {
  /** @throws RangeError for a parameter that is no matrix in a group with Muon. */
  constructor(parameters: ParametersOrGroups<MuonOptions>, options: MuonOptions = {}) {
    super(parameters, options, rule);
    for (const { params, useMuon } of this.groups) {
      const other = useMuon ? params.find(({ rank }) => rank !== 2) : undefined;
      if (!other) continue;
      const shape = formatShape(other.shape);
      throw new RangeError(
        `Muon: expected matrices, got a parameter of shape ${shape}; put it in a group with useMuon: false`,
      );
    }
  }

  override updateNodes(parameter: Parameter, gradient: Node, hyper: number, extras: UpdateExtras = {}): Node[] {
    const { group, words, maxNorm } = this.placeOf(parameter, hyper);
    if (!group.useMuon) return super.updateNodes(parameter, gradient, hyper, extras);
    const { clipValue, factors, flag, average } = extras;
    let taken = clipValue === undefined ? gradient : clippedByValue(gradient, clipValue);
    if (factors) taken = clippedByNorm(taken, factors);
    if (group.maximize) taken = unaryNode('neg', taken);
    const buffer = this.state.get(parameter)!.momentum_buffer!.node;
    const direction = makeNode(muonMomentum, [taken, buffer], { hyper: words + 8 });
    const { nsSteps: steps, nsCoefficients: coefficients, eps, adjustLrFn } = group;
    const [rows, columns] = parameter.shape as [number, number];
    const scale =
      adjustLrFn === 'original' ? Math.sqrt(Math.max(1, rows / columns)) : 0.2 * Math.sqrt(Math.max(rows, columns));
    const step = binaryNode('mul', orthogonalized(direction, { steps, coefficients, eps }), fullNode([], scale));
    const moved = makeNode(update, [parameter.node, step, ...(average ? [average.of] : [])], {
      kernel: 'muon',
      states: [],
      hyper: words,
      maxNorm,
      flag,
      average: average?.share,
    });
    return [moved, makeNode(momentumUpdate, [buffer, taken], { share: words + 8 })];
  }
}
