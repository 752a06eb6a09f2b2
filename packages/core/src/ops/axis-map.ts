/**
 * Sparse linear maps along one axis of an image: which inputs each output sums, and with which weights. Padding, interpolation and
 * adaptive means are products of two of them, one for the rows and one for the columns; their gradients are the transposed maps.
 */

/** One input of an output, and its weight. */
type Entry = readonly [input: number, weight: number];

export interface AxisMap {
  readonly inputs: number;
  /** Of each output, in the order of the sum. */
  readonly entries: readonly (readonly Entry[])[];
}

export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';
type ResamplingMode = 'nearest' | 'nearestExact' | 'linear' | 'cubic';

function mapOf(inputs: number, outputs: number, entriesOf: (output: number) => readonly Entry[]): AxisMap {
  return { inputs, entries: Array.from({ length: outputs }, (_, output) => entriesOf(output)) };
}

/** Every output is the input in its place. */
export function identityAxis(inputs: number): AxisMap {
  return mapOf(inputs, inputs, (i) => [[i, 1]]);
}

export function isIdentity({ inputs, entries }: AxisMap): boolean {
  return entries.length === inputs && entries.every((list, i) => list.length === 1 && list[0]![0] === i);
}

/** Which outputs each input reached, outputs ascending. */
export function transposedAxis({ inputs, entries }: AxisMap): AxisMap {
  const lists: Entry[][] = Array.from({ length: inputs }, () => []);
  for (const [output, list] of entries.entries())
    for (const [input, weight] of list) lists[input]!.push([output, weight]);
  return { inputs: entries.length, entries: lists };
}

/** `before` and `after` more elements (fewer, where negative); `constant` leaves them without entries. */
export function paddedAxis(inputs: number, pads: { before: number; after: number; mode: PadMode }): AxisMap {
  const { before, after, mode } = pads;
  return mapOf(inputs, Math.max(0, inputs + before + after), (output) => {
    const at = output - before;
    const inside = at >= 0 && at < inputs;
    if (inside) return [[at, 1]];
    if (mode === 'constant') return [];
    if (mode === 'replicate') return [[at < 0 ? 0 : inputs - 1, 1]];
    if (mode === 'circular') return [[((at % inputs) + inputs) % inputs, 1]];
    return [[at < 0 ? -at : 2 * (inputs - 1) - at, 1]];
  });
}

/** The mean of inputs ⌊i·n/out⌋ up to ⌈(i + 1)·n/out⌉. */
export function adaptiveAxis(inputs: number, outputs: number): AxisMap {
  return mapOf(inputs, outputs, (i) => {
    const { first, end } = adaptiveWindow(inputs, outputs, i);
    return Array.from({ length: end - first }, (_, k) => [first + k, 1 / (end - first)] as const);
  });
}

/** The inputs [first, end) of output i of an adaptive pooling. */
export function adaptiveWindow(inputs: number, outputs: number, i: number): { first: number; end: number } {
  return { first: Math.floor((i * inputs) / outputs), end: Math.ceil(((i + 1) * inputs) / outputs) };
}

export interface Resampling {
  readonly mode: ResamplingMode;
  /** The centres of the first and last elements keep their places, rather than the outer edges. */
  readonly alignCorners: boolean;
  /** Outputs per input, where the user gave it rather than the number of outputs. */
  readonly factor: number | undefined;
}

/** Outputs between the inputs: the nearest one, or two or four neighbours weighted by distance. */
export function resampledAxis(inputs: number, outputs: number, { mode, alignCorners, factor }: Resampling): AxisMap {
  const step = factor === undefined ? inputs / outputs : 1 / factor;
  if (mode === 'nearest' || mode === 'nearestExact') {
    // In f32, as PyTorch: the rounding decides between two neighbours.
    const rounded = Math.fround(step);
    const shift = mode === 'nearest' ? 0 : 0.5;
    return mapOf(inputs, outputs, (i) => [[Math.min(Math.floor(Math.fround((i + shift) * rounded)), inputs - 1), 1]]);
  }
  const cornerStep = outputs > 1 ? (inputs - 1) / (outputs - 1) : 0;
  return mapOf(inputs, outputs, (i) => {
    const at = alignCorners ? i * cornerStep : (i + 0.5) * step - 0.5;
    return mode === 'linear' ? linearEntries(inputs, Math.max(0, at)) : cubicEntries(inputs, at);
  });
}

function linearEntries(inputs: number, at: number): Entry[] {
  const low = Math.min(Math.floor(at), inputs - 1);
  const fraction = at - low;
  return weighted(inputs, low, [1 - fraction, fraction]);
}

/** Keys' cubic convolution (1981) with a = −0.75. */
function cubicEntries(inputs: number, at: number): Entry[] {
  const a = -0.75;
  const low = Math.floor(at);
  const t = at - low;
  const near = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return weighted(inputs, low - 1, [far(t + 1), near(t), near(1 - t), far(2 - t)]);
}

/** Neighbours from `first` on, those beyond the edge counting as the last inside; without the ones of weight 0. */
function weighted(inputs: number, first: number, weights: readonly number[]): Entry[] {
  const sums = new Map<number, number>();
  for (const [k, weight] of weights.entries()) {
    const input = Math.min(Math.max(first + k, 0), inputs - 1);
    sums.set(input, (sums.get(input) ?? 0) + weight);
  }
  return [...sums].filter(([, weight]) => weight !== 0);
}
