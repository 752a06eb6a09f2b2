/** Dropout before an activation. For ReLU the order makes no difference; for most others it does. */
import type { Node } from '../../graph/node.ts';
import { commutesWithDropout, valuesAt } from '../activations.ts';
import { figure } from '../advice.ts';
import type { Drop, TracedModel } from '../traced-model.ts';
import { type Rule, srivastava } from './rule.ts';

export const dropoutBeforeActivation: Rule = (model) =>
  model.drops.flatMap((drop) => {
    const next = model.after(drop.node, (at) => model.isMove(at)).nodes.find((at) => model.activation(at));
    if (!next || drop.p === 1) return [];
    const name = model.activation(next)!;
    const same = drop.kind === 'inverted' && commutesWithDropout(name);
    return [
      {
        severity: same ? ('suggestion' as const) : ('warning' as const),
        place: drop.place,
        message: `dropout before ${name}`,
        why: same
          ? `${name} is the same before and after dropout, value by value: the order is a matter of habit`
          : `dropout keeps the mean of what it is applied to, but ${name} of it has another mean${example(model, drop, next)}`,
        source: `${srivastava}, section 4: what is dropped are the outputs of the activation function`,
        suggestion: same
          ? 'nothing needs to change; after the activation is usual, and stays right if the activation is exchanged'
          : 'move it after the activation',
      },
    ];
  });

/** What that means at x = 1. */
function example(model: TracedModel, { kind, p }: Drop, activation: Node): string {
  if (kind !== 'inverted') return '';
  const layer = model.trace.calls.get(activation)?.module;
  const values = valuesAt(activation, layer, [0, 1 / (1 - p), 1]);
  if (!values) return '';
  const [dropped, kept, plain] = values as [number, number, number];
  return `: at x = 1, ${figure(p * dropped + (1 - p) * kept)} while training and ${figure(plain)} in evaluation`;
}
