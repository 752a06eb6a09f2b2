/** Dropout that nothing with weights follows: it hits the output itself. */
import { figure } from '../advice.ts';
import { type Rule, srivastava } from './rule.ts';

export const outputDropout: Rule = (model) =>
  model.drops
    .filter(({ node }) => model.after(node, (at) => !model.isProduct(at)).end)
    .map(({ p, place }) => ({
      severity: 'warning',
      place,
      message: 'dropout reaches the output: no layer with weights follows it',
      why: `while training, each of these values is zero with probability ${figure(p)} whatever the sample is, so the loss is that of damaged outputs; no later layer can learn to make up for it`,
      source: `${srivastava}, section 4: input and hidden units are dropped, outputs are not`,
      suggestion: 'move it before the last layer with weights, or remove it',
    }));
