/** The thread of `run.ts`: reads input after input, and stops at the first that does what no input may do. */
import { parentPort, workerData } from 'node:worker_threads';
import { countAllocations } from './allocations.ts';
import type { OpenReader } from './reader.ts';
import { defaultMostMs, type FuzzAnswer, type FuzzWork, watchBytes } from './run.ts';

const {
  reader: name,
  inputs: numRuns,
  seed,
  folder,
  watch,
  mostMs = defaultMostMs,
  module = './readers/index.ts',
} = workerData as FuzzWork;
/** Of a message. */
const mostCharacters = 2000;
const allocations = countAllocations();
// After the counter: modules keep the constructors that they find.
const fc = await import('fast-check');
const { inputs } = await import('./mutate.ts');
const { readers } = (await import(module)) as { readers: Readonly<Record<string, OpenReader>> };

const reader = await readers[name]!(folder);
const layers = await Promise.all(
  reader.layers.map(async (layer) => ({ layer, seeds: (await layer.seeds()).map(ownBytes) })),
);
const started = new Float64Array(watch, 0, 1);
const length = new Float64Array(watch, watchBytes.started, 1);
const copy = new Uint8Array(watch, watchBytes.started + watchBytes.length);
const count = { inputs: 0, accepted: 0, refused: 0, slowestMs: 0, largestBytes: 0 };

for (const { layer, seeds } of layers) for (const content of seeds) await mustAccept(layer.wrap(content));

const found = await fc.check(
  fc.asyncProperty(inputs(layers), async (input) => {
    await tryInput(input);
    // Timers and finalisers have their turn.
    if (count.inputs % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }),
  { seed, numRuns },
);
const answer: FuzzAnswer = { report: { reader: name, ...count } };
const { counterexample, errorInstance } = found;
const what = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
parentPort!.postMessage(counterexample ? { ...answer, finding: { what, input: counterexample[0] } } : answer);

/** Not a Buffer, whose `slice` is a view: a change must leave the seed alone. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** Fuzzing starts from what is valid, or it finds nothing. */
async function mustAccept(input: Uint8Array): Promise<void> {
  const before = count.accepted;
  await tryInput(input);
  if (count.accepted === before) throw new Error(`${name}: a valid input was refused`);
}

async function tryInput(input: Uint8Array): Promise<void> {
  copy.set(input.subarray(0, copy.length));
  length[0] = Math.min(input.length, copy.length);
  started[0] = Date.now();
  allocations.take();
  const before = performance.now();
  const elsewhere = await outcome(input);
  const ms = performance.now() - before;
  const { largest, held } = allocations.take();
  started[0] = 0;
  const bytes = Math.max(largest, held, elsewhere);
  count.inputs++;
  count.slowestMs = Math.max(count.slowestMs, ms);
  count.largestBytes = Math.max(count.largestBytes, bytes);
  const most = reader.mostBytes(input.length);
  if (bytes > most) throw new Error(`it took ${bytes} bytes for ${input.length}, the bound is ${most}`);
  if (ms > mostMs) throw new Error(`it took ${Math.round(ms)} ms`);
  if ('polluted' in {} || Object.keys(Object.prototype).length > 0) throw new Error('it changed Object.prototype');
}

/** Bytes that the reader says it took; throws for any error that is not the reader's own, or says too little or too much. */
async function outcome(input: Uint8Array): Promise<number> {
  try {
    const taken = await reader.read(input);
    count.accepted++;
    return typeof taken === 'number' ? taken : 0;
  } catch (thrown) {
    if (!reader.isOwn(thrown)) throw new Error(`it threw ${describe(thrown)}`, { cause: thrown });
    const { message } = thrown as Error;
    if (message.length > mostCharacters || /[\r\n]/.test(message) || !message.includes(': '))
      throw new Error(`its message has ${message.length} characters: ${JSON.stringify(message.slice(0, 200))}`);
    count.refused++;
    return 0;
  }
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message).slice(0, 1500) : String(thrown);
}
