/** What the planner knows of exact zeros: which ops leave many, and which only move values. Products of such values skip the zeros. */
import { type ActivationAttrs, leavesZeros, masksGradient } from '../ops/activation.ts';
import type { BatchNormAttrs } from '../ops/batch-norm.ts';
import type { DropoutAttrs } from '../ops/dropout.ts';
import type { DropoutGroupsAttrs } from '../ops/dropout-groups.ts';
import type { InputAttrs } from '../ops/source.ts';
import type { Node } from './node.ts';

/** Ops whose result has the zeros of their first input, in another order or scaled. */
const movers: ReadonlySet<string> = new Set([
  'reshape',
  'detach',
  'permute',
  'slice',
  'toChannelsLast',
  'toChannelsFirst',
  'dropout',
  'dropoutGroups',
  'gaussianDropout',
]);
/** Ops that leave zeros of their own. */
const makers: ReadonlySet<string> = new Set(['convPool2d', 'maxPool2dGradient']);
/** Ops that drop to zero. */
const masks: ReadonlySet<string> = new Set(['dropout', 'dropoutGroups']);
/** Below this p a mask leaves too few zeros to pay for the lists. */
const leastDropped = 0.4;

/** Whether about half of the value or more is expected to be exactly zero: after ReLU and its relatives, dropout, or the gradient of either. */
export function mayBeSparse(node: Node): boolean {
  let at = node;
  for (;;) {
    const first = at.inputs[0];
    if (makers.has(at.op.name)) return true;
    if (at.op.name === 'input') return (at.attrs as InputAttrs).sparse === true;
    if (at.op.name === 'unary' && at.attrs.name === 'relu') return true;
    if (at.op.name === 'activation') return leavesZeros(at.attrs as ActivationAttrs);
    if (at.op.name === 'activationGradient' && masksGradient(at.attrs as ActivationAttrs)) return true;
    if (at.op.name === 'batchNorm') return (at.attrs as BatchNormAttrs).relu;
    if (at.op.name === 'binary' && at.attrs.name === 'wherePositive') return true;
    // Where dropped elements are set to another value than 0, kept ones are shifted too: no zeros are left.
    if (at.op.name === 'dropoutGroups' && (at.attrs as DropoutGroupsAttrs).corrected) return false;
    if (masks.has(at.op.name) && (at.attrs as DropoutAttrs).rate.p >= leastDropped) return true;
    if (!first || !movers.has(at.op.name)) return false;
    at = first;
  }
}
