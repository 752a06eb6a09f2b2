/**
 * A training state as two files: the tensors (safetensors), and a JSON manifest with everything else and the hashes that tell a damaged file
 * from a whole one. Where files lie and how they are written is not decided here.
 */
import { FormatError } from '@lockstep/core';
import { parseJson } from '@lockstep/core/json';
import { sha256 } from './sha256.ts';
import { manifestProblem } from './state-shape.ts';
import type { TrainingState } from './training-state.ts';

const format = 'lockstep training state';
/** Of the manifest; a reader refuses what it does not know. */
const formatVersion = 1;

/** What a writer adds for its own use. */
export interface StateNotes {
  /** Of the run: JSON. */
  readonly config?: unknown;
  readonly versions?: Readonly<Record<string, string>>;
  /** Anything else: JSON. */
  readonly notes?: Readonly<Record<string, unknown>>;
}

export interface StateManifest extends StateNotes {
  readonly format: typeof format;
  readonly formatVersion: number;
  readonly state: Omit<TrainingState, 'tensors'>;
  /** Steps taken in the run. */
  readonly step: number;
  /** As `weightsHash` of the model. */
  readonly weightsHash: string;
  readonly tensors: { readonly bytes: number; readonly sha256: string };
}

export interface StateFiles {
  readonly manifest: string;
  readonly tensors: Uint8Array<ArrayBuffer>;
}

export async function encodeTrainingState(state: TrainingState, about: StateNotes = {}): Promise<StateFiles> {
  const { tensors, ...rest } = state;
  const { from, to } = state.weights;
  const content: StateManifest = {
    format,
    formatVersion,
    step: state.optimizer.steps,
    weightsHash: await sha256(tensors.subarray(from, to)),
    tensors: { bytes: tensors.length, sha256: await sha256(tensors) },
    ...about,
    state: rest,
  };
  const text = JSON.stringify(content, encodeValue);
  const hash = await sha256(new TextEncoder().encode(text));
  return { tensors, manifest: `${JSON.stringify({ sha256: hash, manifest: JSON.parse(text) }, null, 1)}\n` };
}

/** Of a manifest's text, in bytes. */
export const mostManifestBytes: number = 2 ** 26;

/**
 * A manifest of at most 64 MiB; its hash tells damage, not malice, so every value is looked at as well.
 *
 * @throws FormatError for a manifest that is damaged, of a format that is not known, or without what a state needs.
 */
export async function readStateManifest(text: string, where: string): Promise<StateManifest> {
  if (text.length > mostManifestBytes)
    throw new FormatError(`${where}: expected at most ${mostManifestBytes} characters, got ${text.length}`);
  const { expected, plain, content } = parse(text, where);
  const got = await sha256(new TextEncoder().encode(plain));
  if (expected !== got)
    throw new FormatError(`${where}: its content has the hash ${got}, not the one it states; it is damaged`);
  if (content.format !== format || content.formatVersion !== formatVersion) {
    const [name, version] = [content.format, content.formatVersion].map((value) => JSON.stringify(value)?.slice(0, 80));
    throw new FormatError(`${where}: expected a ${format}, version ${formatVersion}, got ${name}, version ${version}`);
  }
  const problem = manifestProblem(content);
  if (problem) throw new FormatError(`${where}: ${problem}; not a whole ${format}`);
  return content as StateManifest;
}

/** @throws FormatError for files that are damaged, or do not belong together. */
export async function decodeTrainingState(
  files: StateFiles,
  where = 'training state',
): Promise<{ readonly state: TrainingState; readonly manifest: StateManifest }> {
  const manifest = await readStateManifest(files.manifest, where);
  const { bytes, sha256: expected } = manifest.tensors;
  const { tensors } = files;
  if (tensors.length !== bytes)
    throw new FormatError(`${where}: expected ${bytes} bytes of tensors, got ${tensors.length}; the file is cut off`);
  const got = await sha256(tensors);
  if (got !== expected)
    throw new FormatError(`${where}: the tensors have the hash ${got}, not ${expected}; the file is damaged`);
  return { state: { ...manifest.state, tensors }, manifest };
}

/** What the file states as its hash, the text that the hash is of, and its values. */
function parse(text: string, where: string): { expected: unknown; plain: string; content: Partial<StateManifest> } {
  try {
    const { sha256: expected, manifest } = parseJson(text) as { sha256: unknown; manifest: unknown };
    const plain = JSON.stringify(manifest);
    const content: unknown = JSON.parse(plain, decodeValue);
    if (typeof content === 'object' && content !== null) return { expected, plain, content };
  } catch {
    // No JSON, nested too deeply, or numbers that are none: reported below, with the file's name.
  }
  throw new FormatError(`${where}: not the manifest of a training state, or damaged`);
}

/** JSON has no bigint, NaN, ±Infinity and −0. */
function encodeValue(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: String(value) };
  if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) return value;
  return { $number: Object.is(value, -0) ? '-0' : String(value) };
}

function decodeValue(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$bigint' in value) return BigInt(marked(value.$bigint, integer));
  return '$number' in value ? Number(marked(value.$number, special)) : value;
}

/** 256 bits at most: the time that longer ones take grows with the square of their length. */
const integer = /^-?\d{1,78}$/;
const special = /^(?:-0|NaN|-?Infinity)$/;

function marked(value: unknown, pattern: RegExp): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw new FormatError('a number that is none');
}
