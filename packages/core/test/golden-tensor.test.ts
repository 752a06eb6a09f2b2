/** The tensor API against PyTorch: shapes, values and gradients of golden/tensor-*.json, which generate_tensor.py wrote. */
import { einsum, F, meshgrid, stack, tensor, where } from '@lockstep/core';
import { expectClose, hashUniform } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { provesGolden } from './conformance/proves.ts';
import { goldenJson } from './golden-file.ts';
import { type AnyTensor, type Numbers, numbersOf, operandOf } from './golden-operands.ts';

interface GoldenCase {
  readonly name: string;
  readonly op: string;
  /** Kind and shape; see generate_tensor.py. */
  readonly operands: readonly [kind: string, shape: number[]][];
  // biome-ignore lint/suspicious/noExplicitAny: options of many operations.
  readonly params: any;
  readonly results: readonly { readonly shape: number[]; readonly data: Numbers }[];
  readonly gradients?: readonly (Numbers | null)[];
}
type Options = GoldenCase['params'];
type Run = (inputs: AnyTensor[], p: Options) => AnyTensor | readonly AnyTensor[];

const shapes: Record<string, Run> = {
  stack: (inputs, p) => stack(inputs, p.dim),
  split: ([x], p) => x!.split(p.sizes, p.dim),
  chunk: ([x], p) => x!.chunk(p.chunks, p.dim),
  unbind: ([x], p) => x!.unbind(p.dim),
  narrow: ([x], p) => x!.narrow(p.dim, p.start, p.length),
  select: ([x], p) => x!.select(p.dim, p.index),
  index: ([x], p) => x!.index(p.items),
  flip: ([x], p) => x!.flip(p.dims),
  roll: ([x], p) => x!.roll(p.shifts, p.dims),
  repeat: ([x], p) => x!.repeat(p.counts),
  tile: ([x], p) => x!.tile(p.counts),
  expand: ([x], p) => x!.expand(p.shape),
  squeeze: ([x], p) => x!.squeeze(p.dim),
  movedim: ([x], p) => x!.movedim(p.source, p.destination),
  t: ([x]) => x!.t(),
  at: ([x], p) => x!.at(p.index),
  reshape: ([x], p) => x!.reshape(p.shape),
  flatten: ([x], p) => x!.flatten(p.start, p.end),
  transpose: ([x], p) => x!.transpose(p.a, p.b),
  unsqueeze: ([x], p) => x!.unsqueeze(p.dim),
};

const unaryNames = [
  ...['rsqrt', 'expm1', 'log1p', 'log2', 'sin', 'cos', 'erf', 'sign', 'floor', 'ceil', 'round', 'trunc'],
  ...['neg', 'abs', 'square', 'reciprocal', 'relu', 'selu'],
  ...['isnan', 'isinf', 'isfinite'],
] as 'sin'[];
const binaryNames = ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'fmod', 'remainder', 'maximum', 'minimum'] as 'fmod'[];

const maths: Record<string, Run> = {
  ...Object.fromEntries(unaryNames.map((name): [string, Run] => [name, ([x]) => x![name]()])),
  ...Object.fromEntries(binaryNames.map((name): [string, Run] => [name, ([a, b], p) => a![name](b ?? p.other)])),
  pow: ([a, b], p) => (p.absolute ? a!.abs() : a!).pow(b ?? p.other),
  clamp: ([x], p) => x!.clamp(p),
  clampTensors: ([x, min, max]) => x!.clamp({ min: min!, max: max! }),
  where: ([condition, a, b]) => where(condition!, a!, b!),
  whereOf: ([x, condition, other]) => x!.where(condition!, other!),
  to: ([x], p) => x!.to(p.dtype),
  maskedFill: ([x, mask], p) => x!.maskedFill(mask!, Number(p.value)),
  lerp: ([a, b, weight], p) => a!.lerp(b!, weight ?? p.weight),
  addcmul: ([x, a, b], p) => x!.addcmul(a!, b!, p),
};

const numberOrName = (p: unknown) => (Number.isNaN(Number(p)) ? p : Number(p)) as number;
const pair = ({ values, indices }: { values: AnyTensor; indices: AnyTensor }) => [values, indices];
const reductionNames = ['amax', 'amin', 'var', 'std', 'logsumexp', 'any', 'all', 'countNonzero', 'prod', 'argmax', 'argmin']; // biome-ignore format: one list

const reductions: Record<string, Run> = {
  ...Object.fromEntries(
    (reductionNames as 'var'[]).map((name): [string, Run] => [name, ([x], p) => x![name](p.dims, p)]),
  ),
  norm: ([x], p) => {
    const norm = (y: AnyTensor) => y.norm(numberOrName(p.p), p.zero ? 1 : p.dims, p);
    return p.zero ? norm(x!.mul(0)).add(norm(x!)) : norm(x!);
  },
  max: ([x], p) => (p.dims === undefined ? x!.max() : pair(x!.max(p.dims, p))),
  min: ([x], p) => (p.dims === undefined ? x!.min() : pair(x!.min(p.dims, p))),
  sort: ([x], p) => pair(x!.sort(p.dims, p)),
  argsort: ([x], p) => x!.argsort(p.dims, p),
  topk: ([x], p) => pair(x!.topk(p.k, p)),
  cumsum: ([x], p) => x!.cumsum(p.dims),
  cumprod: ([x], p) => x!.cumprod(p.dims),
};

const numbered: Record<string, Run> = {
  gather: ([x, index], p) => x!.gather(p.dim, index!),
  scatter: ([x, index, source], p) => x!.scatter(p.dim, index!, source ?? p.value),
  scatterAdd: ([x, index, source], p) => x!.scatterAdd(p.dim, index!, source!),
  indexSelect: ([x, index], p) => x!.indexSelect(p.dim, index!),
  indexAdd: ([x, index, source], p) => x!.indexAdd(p.dim, index!, source!, p),
  take: ([x, index]) => x!.take(index!),
  oneHot: ([index], p) => F.oneHot(index!, p.numClasses),
  tril: ([x], p) => x!.tril(p.diagonal),
  triu: ([x], p) => x!.triu(p.diagonal),
  diag: ([x], p) => x!.diag(p.offset),
  diagonal: ([x], p) => x!.diagonal(p.offset, p.a, p.b),
  trace: ([x]) => x!.trace(),
  ...Object.fromEntries(
    (['outer', 'dot', 'mm', 'bmm', 'matmul'] as const).map((name): [string, Run] => [name, ([a, b]) => a![name](b!)]),
  ),
  meshgrid: (inputs, p) => meshgrid(inputs, p),
  sinusoidalPositions: (_, p) => F.sinusoidalPositions(p.length, p.dim),
  einsum: (inputs, p) => einsum(p.equation, ...inputs),
};

const functions: Readonly<Record<string, string>> = {
  ...{ stack: 'stack', where: 'where', meshgrid: 'meshgrid', einsum: 'einsum', oneHot: 'F.oneHot' },
  ...{ clampTensors: 'Tensor.clamp', whereOf: 'Tensor.where', sinusoidalPositions: 'F.sinusoidalPositions' },
};
/** The export of an operation: the method of its name, unless it is a function. */
const exportOf = (op: string) => functions[op] ?? `Tensor.${op}`;

const sources: Readonly<Record<string, string>> = { sinusoidalPositions: 'Vaswani et al. 2017' };

/** `moves`: results and gradients have the exact numbers, from gradients that count from 1. */
const files = [
  { file: 'tensor-shapes.json', count: 100, operations: shapes, moves: true },
  { file: 'tensor-maths.json', count: 107, operations: maths, moves: false },
  { file: 'tensor-reductions.json', count: 107, operations: reductions, moves: false },
  { file: 'tensor-numbered.json', count: 94, operations: numbered, moves: false },
] as const;

describe.each(files)('$file', ({ file, count, operations, moves }) => {
  const { cases } = goldenJson<{ cases: GoldenCase[] }>(file);

  test('has all its cases, and each names a known operation', () => {
    expect(cases.length).toBe(count);
    expect(new Set(cases.map(({ op }) => op))).toEqual(new Set(Object.keys(operations)));
  });

  test.for(cases.map((entry) => ({ title: `${entry.name} ${JSON.stringify(entry.params)}`, entry })))(
    '$title gives the values and gradients of PyTorch',
    ({ entry }, context) => {
      provesGolden(context, [exportOf(entry.op)], sources[entry.op]);
      const tolerance = moves ? 0 : 2e-6;
      const inputs = entry.operands.map(([kind, shape], i) => operandOf(kind, shape, `${entry.name}/${i}`));
      const results = [(operations as Record<string, Run>)[entry.op]!(inputs, entry.params)].flat() as AnyTensor[];
      expect(results.map(({ shape }) => shape)).toEqual(entry.results.map(({ shape }) => shape));
      results.forEach((result, i) => {
        expectClose(result.data, numbersOf(entry.results[i]!.data), { tolerance, label: `result ${i}` });
      });
      if (!entry.gradients) return;
      results.forEach((result, i) => {
        if (!result.requiresGrad) return;
        const upstream = moves
          ? Float32Array.from({ length: result.size }, (_, at) => at + 1)
          : hashUniform(`${entry.name}/upstream/${i}`, result.size);
        result.backward(tensor(upstream, { shape: result.shape }));
      });
      entry.gradients.forEach((gradient, i) => {
        if (!gradient) return;
        const { grad, size } = inputs[i]!;
        // An operand that nothing depends on has no gradient; PyTorch's is filled with zeros by the generator.
        const own = grad ? grad.data : new Float32Array(size);
        expect((grad ?? inputs[i]!).shape).toEqual(inputs[i]!.shape);
        expectClose(own, numbersOf(gradient), { tolerance, label: `gradient of operand ${i}` });
      });
    },
  );
});
