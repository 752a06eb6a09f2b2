/** Dropout of almost everything, or of all. */
import { sizeOf } from '../../tensor/shape.ts';
import { figure } from '../advice.ts';
import { type Rule, srivastava } from './rule.ts';

const high = 0.8;

export const highP: Rule = (model) =>
  model.drops
    .filter(({ p }) => p >= high)
    .map(({ p, place, node }) => {
      const values = sizeOf(node.shape.slice(1));
      const all = p === 1;
      return {
        severity: 'warning',
        place,
        message: all ? 'p = 1 drops everything' : `p = ${figure(p)} drops almost everything`,
        why: all
          ? 'while training, nothing passes, and no gradient comes back: the layers before it do not learn through this place'
          : `of ${values} values of a sample ${figure(values * (1 - p))} are kept on average, scaled by ${figure(1 / (1 - p))}; p is the probability to drop, not to keep`,
        source: `${srivastava}, appendix A.4: hidden units are typically dropped with probability 0.2 to 0.5`,
        suggestion: all
          ? 'choose p below 1; p = 0 switches dropout off'
          : `use p = 0.2 to 0.5, or if ${figure(p)} was meant as the probability to keep, p = ${figure(1 - p)}`,
      };
    });
