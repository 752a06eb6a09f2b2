/** The self-test that decides whether the faster kernels are used. */
import { compileKernels, instantiateKernels, kernelNames } from '@lockstep/kernels';
import { expect, test } from 'vitest';
import { enableRevectorize, isKnownEngine, kernelsAgreeWithTwins } from '../src/pool/revectorize.ts';

test('the kernels agree with their twins', () => {
  expect(kernelsAgreeWithTwins(compileKernels())).toBe(true);
});

/** Which argument is the address of the result. */
const outputs = {
  ...{ gemmRows: 4, gemmRowsSparse: 4, outerRows: 12, convPool: 8, winogradPool: 6 },
  ...{ dropout: 1, dropoutGroups: 1, gaussianDropout: 1 },
};

test.each(Object.keys(outputs) as (keyof typeof outputs)[])('one wrong bit of %s is noticed', (name) => {
  expect(kernelNames).toContain(name);
  const faulty = (module: WebAssembly.Module, memory: WebAssembly.Memory) => {
    const kernels = instantiateKernels(module, memory);
    const right = kernels[name] as (...args: number[]) => void;
    const wrong = (...args: number[]) => {
      right(...args);
      const at = args[outputs[name]]! / 4 + 5;
      new Int32Array(memory.buffer)[at]! ^= 1;
    };
    return { ...kernels, [name]: wrong };
  };
  expect(kernelsAgreeWithTwins(compileKernels(), faulty)).toBe(false);
});

// Node 24 ends the process in mid-training with the flag: no self-test could save it.
test.each([
  [{ node: '22.23.3' }, false],
  [{ node: '24.21.0' }, false],
  [{ node: '26.0.0' }, true],
  [{ node: '30.1.0' }, true],
  [{ node: '26.3.0', bun: '1.4.5' }, false],
  [{ node: '26.3.0', deno: '2.9.6' }, false],
])('%o: used %s', (versions, used) => {
  expect(isKnownEngine({ ...process.versions, ...versions })).toBe(used);
});

test('LOCKSTEP_REVECTORIZE=0 switches it off', () => {
  process.env.LOCKSTEP_REVECTORIZE = '0';
  try {
    expect(enableRevectorize()).toBe('wasm-simd');
  } finally {
    delete process.env.LOCKSTEP_REVECTORIZE;
  }
});
