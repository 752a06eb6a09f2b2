/** The adviser: looks at a model as it would be trained, and says where its use of dropout departs from what is known to work. */
import type { Module } from '../nn/module.ts';
import { formatShape, type Shape } from '../tensor/shape.ts';
import { type Advice, adviceRules, type RuleName } from './advice.ts';
import { dropoutBeforeActivation } from './rules/dropout-before-activation.ts';
import { dropoutBeforeBatchNorm } from './rules/dropout-before-batch-norm.ts';
import { elementDropoutOnMaps } from './rules/element-dropout-on-maps.ts';
import { highP } from './rules/high-p.ts';
import { inputDropout } from './rules/input-dropout.ts';
import { missingDropout } from './rules/missing-dropout.ts';
import { outputDropout } from './rules/output-dropout.ts';
import type { Rule } from './rules/rule.ts';
import { alphaDropout, seluDropout } from './rules/selu.ts';
import { traceModel } from './trace-model.ts';
import { type Drop, TracedModel } from './traced-model.ts';

export interface AdviseOptions {
  /** Shape of one sample, without the batch axis. */
  readonly inputShape: Shape;
  /** Rules to leave out. */
  readonly disable?: readonly RuleName[];
}

const rules: Readonly<Record<RuleName, Rule>> = {
  'output-dropout': outputDropout,
  'dropout-before-batch-norm': dropoutBeforeBatchNorm,
  'dropout-before-activation': dropoutBeforeActivation,
  'input-dropout': inputDropout,
  'high-p': highP,
  'alpha-dropout': alphaDropout,
  'selu-dropout': seluDropout,
  'element-dropout-on-maps': elementDropoutOnMaps,
  'missing-dropout': missingDropout,
};

/**
 * Advice on dropout in `model`, warnings first. The model is traced in training mode on a batch of two samples; it is not changed, and
 * nothing but single activation values is computed. The rules look at the graph and at the present weights, never at data.
 * @throws RangeError for an unknown rule and for a shape that is none; whatever the model's forward throws.
 */
export function advise(model: Module, options: AdviseOptions): Advice[] {
  const { disable = [] } = options;
  const unknown = disable.find((name) => !adviceRules.includes(name));
  if (unknown !== undefined)
    throw new RangeError(`advise: disable takes ${adviceRules.join(', ')}, got ${JSON.stringify(unknown)}`);
  const traced = tracedOn(model, options);
  const found = adviceRules
    .filter((name) => !disable.includes(name))
    .flatMap((rule) => rules[rule](traced).map((advice) => ({ rule, ...advice })));
  return [
    ...found.filter(({ severity }) => severity === 'warning'),
    ...found.filter(({ severity }) => severity === 'suggestion'),
  ];
}

/** A place where a model draws dropout in training. */
export interface DropoutPlace extends Omit<Drop, 'node'> {
  /** It is applied to the model's input, perhaps reshaped. */
  readonly atInput: boolean;
}

/** Every dropout call of the model's forward pass whose p is above 0, in order. Throws as `advise` does. */
export function dropoutPlaces(model: Module, options: Pick<AdviseOptions, 'inputShape'>): DropoutPlace[] {
  const traced = tracedOn(model, options);
  return traced.drops.map(({ node, ...drop }) => ({
    ...drop,
    atInput: traced.before(node, (at) => traced.isMove(at)).end,
  }));
}

function tracedOn(model: Module, { inputShape }: Pick<AdviseOptions, 'inputShape'>): TracedModel {
  if (!inputShape.every((extent) => Number.isSafeInteger(extent) && extent > 0))
    throw new RangeError(
      `advise: inputShape is the shape of one sample, whole numbers from 1, got ${formatShape(inputShape)}`,
    );
  return new TracedModel(traceModel(model, inputShape));
}
