/**
 * Every kernel against its naive twin: equal memories, the same arguments, and afterwards equal memories, bit for
 * bit. Since the twin writes only what the contract states, this also proves that the kernel writes nothing else.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileKernels, instantiateKernels, type KernelFunction, type KernelName, kernelNames } from '../src/index.ts';
import { createReferenceKernels } from '../src/reference/index.ts';
import { Arena, arenaPages, firstDifference } from './arena.ts';
import { activationCases } from './cases/activation.ts';
import { attentionCases } from './cases/attention.ts';
import { augmentCases } from './cases/augment.ts';
import { batchNormCases } from './cases/batch-norm.ts';
import type { Call, Case, Draw } from './cases/case.ts';
import { convPoolCases } from './cases/conv-pool.ts';
import { ctcCases } from './cases/ctc.ts';
import { depthwiseCases } from './cases/depthwise.ts';
import { dropoutCases } from './cases/dropout.ts';
import { elementwiseCases } from './cases/elementwise.ts';
import { gatherCases } from './cases/gather.ts';
import { layerNormCases } from './cases/layer-norm.ts';
import { lossCases } from './cases/losses.ts';
import { memoryCases } from './cases/memory.ts';
import { metricCases } from './cases/metrics.ts';
import { optimCases } from './cases/optim.ts';
import { poolCases } from './cases/pool.ts';
import { productCases } from './cases/products.ts';
import { randomCases } from './cases/random.ts';
import { recurrentCases } from './cases/recurrent.ts';
import { reduceCases } from './cases/reduce.ts';
import { rowCases } from './cases/rows.ts';
import { softmaxCases } from './cases/softmax.ts';
import { sparseCases } from './cases/sparse.ts';
import { tableCases } from './cases/tables.ts';
import { welfordCases } from './cases/welford.ts';
import { winogradConvCases } from './cases/winograd-conv.ts';

const cases: Partial<Record<KernelName, Case>> = {
  ...memoryCases,
  ...elementwiseCases,
  ...reduceCases,
  ...productCases,
  ...poolCases,
  ...rowCases,
  ...softmaxCases,
  ...randomCases,
  ...optimCases,
  ...gatherCases,
  ...sparseCases,
  ...convPoolCases,
  ...batchNormCases,
  ...winogradConvCases,
  ...depthwiseCases,
  ...dropoutCases,
  ...welfordCases,
  ...augmentCases,
  ...metricCases,
  ...activationCases,
  ...lossCases,
  ...ctcCases,
  ...layerNormCases,
  ...tableCases,
  ...recurrentCases,
  ...attentionCases,
};

const newMemory = (): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: arenaPages, maximum: arenaPages, shared: true });
const [kernelMemory, twinMemory] = [newMemory(), newMemory()];
const kernels = instantiateKernels(compileKernels(), kernelMemory);
const twins = createReferenceKernels(twinMemory);

test.each(kernelNames)('%s agrees with its twin bit for bit and writes nothing else', (name) => {
  const prepare = cases[name];
  if (!prepare) throw new Error(`Kernel '${name}' has no case: add one in test/cases.`);
  fc.assert(
    fc.property(fc.integer(), fc.gen(), (seed, gen) => {
      const draw: Draw = (arbitrary) => gen(arbitrary);
      const { args, ignored = [] }: Call = prepare(draw, new Arena(kernelMemory, seed));
      new Uint8Array(twinMemory.buffer).set(new Uint8Array(kernelMemory.buffer));
      (kernels[name] as KernelFunction)(...args);
      (twins[name] as KernelFunction)(...args);
      const at = firstDifference(kernelMemory, twinMemory, ignored);
      if (at >= 0) throw new Error(`${name}(${args.join(', ')}) differs from its twin at byte ${at}`);
    }),
    // The message names the call; shrinking generated values can take minutes.
    { numRuns: 150, endOnFailure: true },
  );
});

test('every export of the module is a kernel of the contract', () => {
  const exports = WebAssembly.Module.exports(compileKernels()).map((e) => e.name);
  expect(exports.sort()).toEqual([...kernelNames].sort());
});
