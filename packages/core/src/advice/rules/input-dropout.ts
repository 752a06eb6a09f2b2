/** Much dropout on the input itself. */
import { figure } from '../advice.ts';
import { type Rule, srivastava } from './rule.ts';

/** Above it, dropping parts of the samples is unusual. */
const usualAtInput = 0.2;

export const inputDropout: Rule = (model) =>
  model.drops
    .filter(({ node, p }) => p > usualAtInput && model.before(node, (at) => model.isMove(at)).end)
    .map(({ p, place }) => ({
      severity: 'warning',
      place,
      message: `p = ${figure(p)} directly on the input`,
      why: `${figure(100 * p)} % of each sample is lost before the first layer sees it; usual at the input is p = 0.1 to 0.2`,
      source: `${srivastava}, appendix A.4: real-valued inputs are typically kept with probability 0.8`,
      suggestion: `use p = ${usualAtInput} or less at the input, or compare on held-out data`,
    }));
