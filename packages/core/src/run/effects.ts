/** In-place updates that a forward computation asks for besides its result, such as running statistics. */
import { randomContext } from '../graph/context.ts';
import { type Node, noteWrite, topologicalOrder } from '../graph/node.ts';
import { realize } from './realize.ts';

/**
 * Has `update` (a node of an in-place op) happen: in a trace it joins the trace's effects, which the step program adds to its roots, so
 * once per step; otherwise at once. `keep` are values that it needs and that later computations use too: they are stored and not
 * computed again. Nothing happens when shapes alone are traced, outside of a program.
 */
export function perform(update: Node, keep: readonly Node[]): void {
  const context = randomContext();
  if (context.mode === 'trace') {
    context.effects.push(update);
    return;
  }
  if (topologicalOrder([update]).some((node) => node.op.name === 'input' && !node.storage)) return;
  realize([...keep, update]);
  noteWrite(update.op.inPlace!(update));
}
