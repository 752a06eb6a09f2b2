/** The golden files are complete, and their readers reject broken ones. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  expectClose,
  type GoldenArray,
  goldenArray,
  hashUniform,
  type OperationCase,
  type OptimizerCase,
  readSafetensors,
  type SampleSummary,
  stridedSample,
} from '../src/index.ts';

const read = (name: string): Uint8Array => readFileSync(new URL(`../../core/test/golden/${name}`, import.meta.url));
const json = (name: string): unknown => JSON.parse(new TextDecoder().decode(read(name)));
const size = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

describe('readSafetensors', () => {
  it('reads the seed network, whose samples match their summaries', () => {
    const { tensors, metadata } = readSafetensors(read('seed-net.safetensors'));
    const meta = json('seed-net.json') as {
      gradients: Record<string, SampleSummary>;
      runs: Record<string, { losses: number[]; weights: Record<string, SampleSummary> }>;
    };
    expect(metadata.meta).toBe('seed-net.json');
    expect(tensors.get('logits')?.shape).toEqual([8, 10]);
    const groups = {
      grad: meta.gradients,
      ...Object.fromEntries(Object.entries(meta.runs).map(([k, r]) => [k, r.weights])),
    };
    expect(Object.keys(groups)).toEqual(['grad', 'sgd', 'nesterov', 'adam', 'adamw']);
    for (const [group, summaries] of Object.entries(groups)) {
      expect(Object.keys(summaries)).toHaveLength(10);
      for (const [name, summary] of Object.entries(summaries)) {
        const sample = tensors.get(`${group}.${name}`)!;
        expect(sample.data).toHaveLength(Math.ceil(summary.count / summary.stride));
        for (const value of sample.data) expect(Math.abs(value)).toBeLessThanOrEqual(summary.maxAbs);
      }
    }
    expect(tensors.size).toBe(51);
  });

  it('reads a view at an odd offset and rejects broken files', () => {
    const file = (header: unknown, data: number): Uint8Array => {
      const text = new TextEncoder().encode(JSON.stringify(header));
      const bytes = new Uint8Array(1 + 8 + text.length + data).subarray(1);
      bytes[0] = text.length;
      bytes.set(text, 8);
      return bytes;
    };
    const entry = (dtype: string, end: number): unknown => ({ w: { dtype, shape: [2], data_offsets: [0, end] } });
    expect(readSafetensors(file(entry('F32', 8), 8)).tensors.get('w')?.data).toEqual(new Float32Array(2));
    expect(() => readSafetensors(file(entry('F32', 8), 4))).toThrow('offsets');
    expect(() => readSafetensors(file(entry('F32', 4), 8))).toThrow('offsets');
    expect(() => readSafetensors(file(entry('F16', 4), 8))).toThrow('not F32');
    expect(() => readSafetensors(file([], 0))).toThrow('not an object');
    expect(() => readSafetensors(new Uint8Array(4))).toThrow('shorter');
    expect(() => readSafetensors(new Uint8Array(9).fill(9))).toThrow('exceeds');
  });
});

describe('ops.json', () => {
  const { cases } = json('ops.json') as { cases: OperationCase[] };

  it('has arrays that fit their shapes', () => {
    for (const { output, upstream, inputs, gradients } of cases) {
      expect(goldenArray(output)).toHaveLength(size(output.shape));
      expect(goldenArray(upstream)).toHaveLength(size(output.shape));
      expect(Object.keys(gradients)).toEqual(Object.keys(inputs));
      for (const [name, input] of Object.entries(inputs))
        expect(gradients[name]).toHaveLength(goldenArray(input).length);
    }
  });

  it.each(['add', 'mul', 'linear'])('has inputs that Python hashed as we do: %s', (op) => {
    const golden = cases.find((each) => each.op === op)!;
    const [a, b, bias] = Object.values(golden.inputs).map((each: GoldenArray) => goldenArray(each));
    const elements = Array.from(golden.output.data, (_, i) => {
      if (op === 'add') return a![i]! + b![i]!;
      if (op === 'mul') return a![i]! * b![i]!;
      const [rows, width] = [golden.output.shape[1]!, golden.inputs.input!.shape[1]!];
      let total = bias![i % rows]!;
      for (let k = 0; k < width; k++) total += a![Math.floor(i / rows) * width + k]! * b![(i % rows) * width + k]!;
      return total;
    });
    expectClose(elements, golden.output.data, { tolerance: 1e-6 });
  });

  it('rejects data that do not fit', () => {
    expect(() => goldenArray({ shape: [3], data: [1, 2] })).toThrow(RangeError);
    expect(goldenArray({ shape: [], hash: 'x', bound: 2 })).toEqual(hashUniform('x', 1, 2));
  });
});

it('optim.json holds five steps that plain SGD reproduces', () => {
  const { cases } = json('optim.json') as { cases: OptimizerCase[] };
  for (const { gradients, parameters } of cases) expect([gradients.length, parameters.length]).toEqual([5, 5]);
  const { initial, gradients, parameters, options } = cases[0]!;
  const expected = initial.map(
    (value, i) => value - (options.lr as number) * gradients.reduce((sum, g) => sum + g[i]!, 0),
  );
  expectClose(parameters[4]!, expected, { tolerance: 1e-6 });
});

it('takes strided samples', () => {
  expect(Array.from(stridedSample([0, 1, 2, 3, 4, 5, 6], 3))).toEqual([0, 3, 6]);
  expect(Array.from(stridedSample([0, 1, 2], 1))).toEqual([0, 1, 2]);
});
