/** What a run needs of the memory, before it begins, and the refusal of one that needs too much. */
import {
  type Arena,
  type DType,
  type nn,
  type Optimizer,
  OutOfMemoryError,
  optimizerTensors,
  type Program,
  type Tensor,
  type WeightAverage,
} from '@lockstep/core';
import type { Dataset, TensorDataset } from '@lockstep/data';

/** What takes how many bytes. */
export interface MemoryPart {
  readonly name: string;
  readonly bytes: number;
}

export interface RunMemory {
  readonly parts: readonly MemoryPart[];
  /** Of all parts. */
  readonly bytes: number;
}

/** A program as it is planned, and what it is for: `training, batch 128`. */
export interface PlannedProgram {
  readonly name: string;
  readonly program: Pick<Program, 'report' | 'scratchBytes'>;
}

export interface RunMemoryParts {
  readonly model: nn.Module;
  readonly optimizer: Optimizer;
  readonly average?: WeightAverage | undefined;
  /** Bytes of the samples. */
  readonly dataBytes: number;
  readonly programs: readonly PlannedProgram[];
  readonly workers: number;
}

export function runMemory(run: RunMemoryParts): RunMemory {
  const { model, optimizer, average, dataBytes, programs, workers } = run;
  const weights = new Set<Tensor<DType>>([...model.parameters(), ...optimizer.parameters]);
  const buffers = [...model.namedBuffers()].map(([, buffer]) => buffer);
  const scratch = Math.max(0, ...programs.map(({ program }) => program.scratchBytes));
  const parts = [
    { name: 'parameters', bytes: bytesOf([...weights, ...buffers]) },
    { name: `state of ${optimizer.name}`, bytes: bytesOf([...optimizerTensors(optimizer)].map(([, state]) => state)) },
    { name: 'average of the weights', bytes: bytesOf([...(average?.averages.values() ?? [])]) },
    { name: 'data', bytes: dataBytes },
    ...programs.map(({ name, program }) => ({ name, bytes: program.report.workspaceBytes })),
    { name: `scratch of ${workers} ${workers === 1 ? 'worker' : 'workers'}`, bytes: scratch * workers },
  ].filter((part) => part.bytes > 0);
  return { parts, bytes: parts.reduce((sum, part) => sum + part.bytes, 0) };
}

function bytesOf(tensors: readonly Tensor<DType>[]): number {
  return tensors.reduce((sum, { size, dtype }) => sum + size * (dtype === 'u8' ? 1 : 4), 0);
}

/** Bytes of the samples of a data set. */
export function datasetBytes(data: Dataset | TensorDataset): number {
  if ('inputs' in data) {
    const arrays = [...Object.values(data.inputs), ...Object.values(data.targets)];
    return arrays.reduce((sum, { values }) => sum + values.byteLength, 0);
  }
  return ('images' in data ? data.images : data.features).byteLength + data.labels.byteLength;
}

/** The error of a run that needs more than there is; `limit` says of what: `the shared memory holds at most 4 GiB`. */
export function memoryRefusal(plan: RunMemory, at: { limit: string; batchSize: number; workers: number }): Error {
  const parts = [...plan.parts]
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ name, bytes }) => `${name} ${sizeText(bytes)}`);
  const { limit, batchSize, workers } = at;
  const hints = [
    ...(batchSize > 1 ? [`a smaller batch size (${batchSize} now)`] : []),
    ...(batchSize > 1 ? ['micro-batches (accumulate)'] : []),
    ...(workers > 1 ? [`fewer workers (${workers} now)`] : []),
    'or a smaller model or data set',
  ];
  return new OutOfMemoryError(
    `the run needs ${sizeText(plan.bytes)} of memory, and ${limit}: ${parts.join(', ')}; use ${hints.join(', ')}`,
  );
}

/** The most that a run may take, and what limits it. */
export function memoryLimit(arena: Arena): { bytes: number; text: string } {
  const { maximumBytes } = arena;
  const free = freeBytes();
  // What the arena holds already is no longer free, but there for the run.
  const room = free === undefined ? Number.POSITIVE_INFINITY : free + arena.memory.buffer.byteLength;
  if (room < maximumBytes) return { bytes: room, text: `${sizeText(room)} are free` };
  return { bytes: maximumBytes, text: `the shared memory holds at most ${sizeText(maximumBytes)}` };
}

/** What Node and its container leave; undefined where nobody says it. */
function freeBytes(): number | undefined {
  const { process } = globalThis as { process?: NodeJS.Process };
  const free = process?.getBuiltinModule?.('node:os')?.freemem();
  if (free === undefined) return undefined;
  const allowed = process!.constrainedMemory();
  // Of a container's limit only what this process holds counts: its caches are given back when asked for.
  return allowed > 0 ? Math.min(free, allowed - process!.memoryUsage.rss()) : free;
}

function sizeText(bytes: number): string {
  const [unit, name] = bytes >= 2 ** 30 ? [2 ** 30, 'GiB'] : bytes >= 2 ** 20 ? [2 ** 20, 'MiB'] : [2 ** 10, 'KiB'];
  return `${Number((bytes / unit).toPrecision(3))} ${name}`;
}
