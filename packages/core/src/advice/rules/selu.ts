/** Dropout and SELU: self-normalising networks need dropout that keeps mean and variance, and only they do. */
import type { Node } from '../../graph/node.ts';
import { figure } from '../advice.ts';
import type { TracedModel } from '../traced-model.ts';
import { varianceRatio } from '../variance.ts';
import type { Rule } from './rule.ts';

const source = 'Klambauer et al. 2017, Self-Normalizing Neural Networks, section “New Dropout Technique”';

/** Alpha dropout in a model without SELU. */
export const alphaDropout: Rule = (model) => {
  if (model.flow.some((at) => isSelu(model, at))) return [];
  return model.drops
    .filter(({ kind }) => kind === 'alpha')
    .map(({ layer, place }) => ({
      severity: 'warning',
      place,
      message: `${layer} in a model without SELU`,
      why: 'it sets elements to −λα ≈ −1.758, what SELU gives for very negative inputs, and corrects by an affine map that assumes mean 0 and variance 1; other activations neither reach that value nor keep those moments',
      source,
      suggestion: 'use Dropout, or SELU with LeCun-normal weights throughout',
    }));
};

/** Other dropout right after SELU. */
export const seluDropout: Rule = (model) =>
  model.drops
    .filter(({ kind, p }) => kind !== 'alpha' && p < 1)
    .filter(({ node }) => model.before(node, (at) => model.isMove(at)).nodes.some((at) => isSelu(model, at)))
    .map(({ layer, p, place }) => ({
      severity: 'warning',
      place,
      message: `${layer} right after SELU`,
      why: `SELU holds activations near mean 0 and variance 1; with p = ${figure(p)} this makes the variance ${figure(varianceRatio(p))}, off the point that the layers converge to`,
      source,
      suggestion: 'use AlphaDropout, with p of 0.05 or 0.1 as in the paper',
    }));

function isSelu(model: TracedModel, at: Node): boolean {
  return model.activation(at) === 'selu';
}
