/** Dropout before batch normalisation: running statistics are gathered with dropout on and used with dropout off. See `variance.ts`. */
import type { Node } from '../../graph/node.ts';
import { Tensor } from '../../tensor/tensor.ts';
import type { Advice } from '../advice.ts';
import { figure } from '../advice.ts';
import type { Drop, TracedModel } from '../traced-model.ts';
import { meanAlignment, rectifiedNormal, varianceRatio, varianceRatioBehind } from '../variance.ts';
import type { Rule } from './rule.ts';

const source =
  'Li et al. 2018, Understanding the Disharmony between Dropout and Batch Normalization by Variance Shift, section 3';
const remedy = 'put dropout after the last batch normalisation (the paper, section 5)';

export const dropoutBeforeBatchNorm: Rule = (model) =>
  model.drops
    // Alpha dropout keeps mean and variance where it is used as meant; p = 1 has no ratio.
    .filter(({ kind, p }) => kind !== 'alpha' && p < 1)
    .flatMap((drop) => [...directly(model, drop), ...mixed(model, drop), ...behindLayer(model, drop)]);

/** What lies between can be exchanged with dropout, so the ratio is exact. */
function directly(model: TracedModel, drop: Drop): Omit<Advice, 'rule'>[] {
  const { p, place } = drop;
  const passes = (at: Node) => model.isMove(at) || (drop.kind === 'inverted' && isRelu(model, at));
  const normalizations = model.after(drop.node, passes).nodes.filter((at) => model.isTrackedNormalization(at));
  const rectified = isRectified(model, drop, normalizations);
  const ofRelu = rectified
    ? `, and ${figure(varianceRatio(p, rectifiedNormal))} after ReLU of a centred normal number`
    : '';
  return normalizations.map((at) => ({
    severity: 'warning',
    place,
    message: `dropout directly before batch normalisation (${model.layerOf(at)})`,
    why: `with p = ${figure(p)} the variance while training is 1/(1 − p) = ${figure(varianceRatio(p))} times that in evaluation for values of mean 0${ofRelu}, and more the further the mean is from 0: 1 + p/(1 − p)·(1 + mean²/variance); the running variance is that of training`,
    source: `${source}, case (a)`,
    suggestion: remedy,
  }));
}

/** Something without weights lies between that adds, pools or bends the values. */
function mixed(model: TracedModel, drop: Drop): Omit<Advice, 'rule'>[] {
  const passes = (at: Node) => model.isMove(at) || (drop.kind === 'inverted' && isRelu(model, at));
  const direct = new Set(model.after(drop.node, passes).nodes);
  return model
    .after(drop.node, (at) => !stops(model, at))
    .nodes.filter((at) => model.isTrackedNormalization(at) && !direct.has(at))
    .map((at) => ({
      severity: 'suggestion',
      place: drop.place,
      message: `dropout before batch normalisation (${model.layerOf(at)}), with other operations between`,
      why: `with p = ${figure(drop.p)} the variance of the dropped values while training is ${figure(varianceRatio(drop.p))} times that in evaluation for values of mean 0; how much of that reaches the normalisation depends on what lies between`,
      source,
      suggestion: remedy,
    }));
}

/** One layer with weights lies between. */
function behindLayer(model: TracedModel, drop: Drop): Omit<Advice, 'rule'>[] {
  return model
    .after(drop.node, (at) => !stops(model, at))
    .nodes.filter((at) => model.isProduct(at))
    .flatMap((product) =>
      model
        .after(product, (at) => model.isMove(at))
        .nodes.filter((at) => model.isTrackedNormalization(at))
        .map((at) => ({
          severity: 'suggestion' as const,
          place: drop.place,
          message: `dropout, then ${model.layerOf(product)}, then batch normalisation (${model.layerOf(at)})`,
          why: shiftBehind(model, { drop, product }),
          source: `${source}, case (b)`,
          suggestion: `${remedy}, or compare on held-out data: wide layers shift less`,
        })),
    );
}

function shiftBehind(model: TracedModel, { drop, product }: { drop: Drop; product: Node }): string {
  const { p } = drop;
  const weight = model.parametersOf(product).find(({ shape }) => shape.length > 1);
  const general = 'the variance still shifts, less the more the inputs are correlated and the weights agree in sign';
  if (!weight || !drop.elementwise) return general;
  const alignment = meanAlignment(new Tensor(weight).data, weight.shape[0]!);
  const at = (correlation: number) => figure(varianceRatioBehind(p, { alignment, correlation }));
  return `${general}: for inputs of mean 0 with correlation ρ by 1 + p/(1 − p)/(1 + ρ·(d·cos²θ − 1)); the weights have d·cos²θ = ${figure(alignment)} on average now, so ${at(0)} times for ρ = 0 and ${at(0.5)} times for ρ = 0.5`;
}

function stops(model: TracedModel, at: Node): boolean {
  return model.isProduct(at) || at.op.name === 'batchNorm';
}

function isRelu(model: TracedModel, at: Node): boolean {
  return model.activation(at) === 'relu';
}

/** Whether ReLU comes right before dropout, or between it and the normalisation. */
function isRectified(model: TracedModel, { node }: Drop, normalizations: readonly Node[]): boolean {
  const isMove = (at: Node) => model.isMove(at);
  const before = model.before(node, isMove).nodes.some((at) => isRelu(model, at));
  return before || normalizations.some((normal) => model.before(normal, isMove).nodes.some((at) => isRelu(model, at)));
}
