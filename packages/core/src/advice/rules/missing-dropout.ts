/** Where a model without any dropout could have some, and with which p. */
import type { Node } from '../../graph/node.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { TracedModel } from '../traced-model.ts';
import { type Rule, srivastava } from './rule.ts';

/** A layer has many parameters from this number on, if they are also this share of the model's. The adviser's own bounds. */
const many = { parameters: 10_000, share: 0.1 };

export const missingDropout: Rule = (model) => {
  if (model.hasDropout) return [];
  const products = model.flow.filter(
    (node) => model.isProduct(node) && isLarge(model, node) && !normalizedLater(model, node),
  );
  return products.flatMap((node) => {
    const atInput = model.before(node, (at) => !model.isProduct(at) && !model.activation(at)).end;
    const usual = usualFor(node, atInput);
    if (!usual) return [];
    const weights = model.weightsOf(node);
    const share = Math.round((100 * weights) / model.parameterCount);
    return [
      {
        severity: 'suggestion' as const,
        place: `before ${model.layerOf(node)}, ${placeBefore(model, node)}`,
        message: `no dropout; ${model.layerOf(node)} holds ${share} % of the parameters`,
        why: `${weights} of ${model.parameterCount} parameters read ${sizeOf(node.inputs[0]!.shape.slice(1))} values here; if the test loss rises while the training loss falls, dropout helps most in front of the largest layers`,
        source: usual.source,
        suggestion: usual.layer,
      },
    ];
  });
};

function usualFor({ op }: Node, atInput: boolean): { layer: string; source: string } | undefined {
  const guide = `${srivastava}, appendix A.4`;
  if (op.name === 'conv2d') {
    // Whole colour channels of an image are not usually dropped.
    if (atInput) return undefined;
    const source = `${srivastava}, appendix B.2 (p = 0.25 at the first convolutions for SVHN); Tompson et al. 2015 (whole feature maps)`;
    return { layer: 'Dropout2d with p = 0.1 to 0.25', source };
  }
  if (atInput) return { layer: 'Dropout with p = 0.1 to 0.2', source: guide };
  return { layer: 'Dropout with p = 0.5, less (from 0.2) where it underfits', source: guide };
}

function isLarge(model: TracedModel, node: Node): boolean {
  const weights = model.weightsOf(node);
  return weights >= many.parameters && weights >= many.share * model.parameterCount;
}

/** Before batch normalisation dropout does harm: see the rule on it. */
function normalizedLater(model: TracedModel, node: Node): boolean {
  return model.after(node, (at) => !model.isTrackedNormalization(at)).nodes.length > 0;
}

/** `after the relu of fc1`, `after fc1`, `at the input`. */
function placeBefore(model: TracedModel, node: Node): string {
  const [nearest] = model.before(node, (at) => !model.isProduct(at) && !model.activation(at)).nodes;
  if (!nearest) return 'at the input';
  const activation = model.activation(nearest);
  if (!activation) return `after ${model.layerOf(nearest)}`;
  const where = model.whereabouts(nearest);
  return where === 'at the input'
    ? `after the ${activation} of the input`
    : `after the ${activation} of ${where.slice('after '.length)}`;
}
