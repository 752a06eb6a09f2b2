/** Naive twins: connectionist temporal classification. Forward and backward values are f64, their exponentials and logarithms f32. */
import type { Kernels, Pointer } from '../signatures.ts';
import { exp, log } from './math.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;
const never = Number.NEGATIVE_INFINITY;

function logSum(a: number, b: number, c: number): number {
  const most = Math.max(a, b, c);
  if (most === never) return most;
  const sum = f(f(exp(f(a - most)) + exp(f(b - most))) + exp(f(c - most)));
  return most + log(sum);
}

/** The log-probabilities of one sample at its times, and its labels with blanks between. */
interface Sample {
  readonly times: readonly Float32Array[];
  readonly states: readonly number[];
}

/** Forward values of each time; of the reversed sample they are the backward values. */
function forward({ times, states }: Sample): number[][] {
  const rows: number[][] = [];
  for (const x of times) {
    const before = rows.at(-1);
    rows.push(
      states.map((label, s) => {
        if (!before) return s < 2 ? x[label]! : never;
        const skips = s >= 2 && states[s - 2] !== label;
        return logSum(before[s]!, before[s - 1] ?? never, skips ? before[s - 2]! : never) + x[label]!;
      }),
    );
  }
  return rows;
}

function reversed({ times, states }: Sample): Sample {
  return { times: [...times].reverse(), states: [...states].reverse() };
}

function lossOf(row: readonly number[]): number {
  return -logSum(row.at(-1)!, row.at(-2) ?? never, never);
}

interface Operands {
  readonly x: Pointer;
  readonly targets: Pointer;
  readonly steps: Pointer;
  readonly lengths: Pointer;
  readonly time: number;
  readonly classes: number;
  readonly longest: number;
  readonly blank: number;
}

export function ctcTwins(views: Views): Pick<Kernels, 'ctcLoss' | 'ctcLossGrad'> {
  /** The i-th sample; undefined where its lengths or labels are impossible. */
  const sampleAt = (of: Operands, i: number): Sample | undefined => {
    const { i32, f32 } = views;
    const [steps, length] = [i32[word(of.steps) + i]!, i32[word(of.lengths) + i]!];
    if (steps < 0 || steps > of.time || length < 0 || length > of.longest) return undefined;
    const first = word(of.targets) + i * of.longest;
    const labels = [...i32.subarray(first, first + length)];
    if (labels.some((label) => label < 0 || label >= of.classes)) return undefined;
    const times = Array.from({ length: steps }, (_, t) => {
      const row = word(of.x) + (i * of.time + t) * of.classes;
      return Float32Array.from(f32.subarray(row, row + of.classes));
    });
    return { times, states: [of.blank, ...labels.flatMap((label) => [label, of.blank])] };
  };
  return {
    ctcLoss(x, targets, steps, lengths, loss, samples, time, classes, longest, blank, zeroInfinity) {
      const of = { x, targets, steps, lengths, time, classes, longest, blank };
      for (let i = 0; i < samples; i++) {
        const sample = sampleAt(of, i);
        let value = Number.NaN;
        if (sample?.times.length === 0) value = sample.states.length === 1 ? 0 : Number.POSITIVE_INFINITY;
        else if (sample) value = f(lossOf(forward(sample).at(-1)!));
        views.f32[word(loss) + i] = zeroInfinity && value === Number.POSITIVE_INFINITY ? 0 : value;
      }
    },
    ctcLossGrad(dloss, x, targets, steps, lengths, dx, samples, time, classes, longest, blank, zeroInfinity) {
      const of = { x, targets, steps, lengths, time, classes, longest, blank };
      const { f32 } = views;
      f32.fill(0, word(dx), word(dx) + samples * time * classes);
      for (let i = 0; i < samples; i++) {
        const sample = sampleAt(of, i);
        if (!sample || sample.times.length === 0) continue;
        const alpha = forward(sample);
        const loss = lossOf(alpha.at(-1)!);
        if (zeroInfinity && loss === Number.POSITIVE_INFINITY) continue;
        const beta = forward(reversed(sample)).map((row) => row.reverse());
        beta.reverse();
        sample.times.forEach((row, t) => {
          const gradient = row.map(exp);
          sample.states.forEach((label, s) => {
            const posterior = exp(f(alpha[t]![s]! + beta[t]![s]! + loss - row[label]!));
            gradient[label] = f(gradient[label]! - posterior);
          });
          f32.set(
            gradient.map((value) => f(value * f32[word(dloss) + i]!)),
            word(dx) + (i * time + t) * classes,
          );
        });
      }
    },
  };
}
