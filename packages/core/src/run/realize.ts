/** Computes lazy tensors in the calling thread: compiles their graph, runs it, and keeps the results. */
import { compile } from '../compile/compile.ts';
import { TensorStateError } from '../errors.ts';
import { type Node, topologicalOrder, type Version, writtenAfter } from '../graph/node.ts';
import { type Block, defaultArena } from '../memory/arena.ts';
import { kernelTable, link, runPhases } from './interpreter.ts';

/** Gives every node storage, computing those that have none. */
export function realize(nodes: readonly Node[]): void {
  const wanted = [...new Set(nodes)].filter((node) => !node.storage);
  if (wanted.length === 0) return;
  const order = topologicalOrder(wanted);
  check(order);
  const arena = order.find((node) => node.storage)?.storage?.arena ?? defaultArena();
  const control = arena.allocate(64);
  arena.clear(control);
  const { program, outputs } = compile(
    { outputs: wanted },
    { arena, control: { step: control.offsetBytes, indices: control.offsetBytes }, once: true },
  );
  const scratch = arena.allocate(program.scratchBytes);
  const table = kernelTable(arena.kernels);
  const words = link(program, scratch.offsetBytes);
  runPhases(program.prologue, table, words);
  runPhases(program.phases, table, words);

  const kept = new Map<Block, Version>();
  wanted.forEach((node, i) => {
    const block = program.blocks.find((b) => outputs[i]! >= b.offsetBytes && outputs[i]! < b.offsetBytes + b.bytes);
    const version = (block && kept.get(block)) ?? { written: 0 };
    node.storage = block ? { arena, block, offsetBytes: outputs[i]!, version } : viewedStorage(node, outputs[i]!);
    if (block && !kept.has(block)) {
      kept.set(block, version);
      // Views share the storage's block object; it is freed when the last of them is gone.
      arena.freeWith(block, { ...block });
    }
  });
  for (const block of program.blocks) if (!kept.has(block)) arena.free(block);
  arena.free(scratch);
  arena.free(control);
}

/** The storage of a stored node that an output shows (a view of a leaf). */
function viewedStorage(node: Node, address: number): NonNullable<Node['storage']> {
  let source: Node | undefined = node;
  while (source && !source.storage) source = source.inputs[0];
  if (!source?.storage) throw new TensorStateError(`${node.op.name}: its value was lost; please report this`);
  return { ...source.storage, offsetBytes: address };
}

function check(order: readonly Node[]): void {
  const arena = order.find((node) => node.storage)?.storage?.arena;
  for (const node of order) {
    if (!node.storage && node.op.name === 'input') {
      throw new TensorStateError(
        'data: this tensor exists only while a model is traced, so it has no values yet; compute with tensor operations instead of reading .data in forward()',
      );
    }
    if (node.storage && arena && node.storage.arena !== arena) {
      throw new TensorStateError('data: the tensors come from different arenas; create them in one');
    }
    for (const input of node.storage ? [] : node.inputs) {
      if (writtenAfter(input, node)) {
        throw new TensorStateError(
          `${node.op.name}: an input was changed in place after it was used; read .data of the result before changing its inputs`,
        );
      }
    }
  }
}
