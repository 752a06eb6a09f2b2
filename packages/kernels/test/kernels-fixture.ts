/** The compiled kernels over a memory of their own, with typed views, for tests on literal values. */
import { compileKernels, instantiateKernels, type Kernels } from '../src/index.ts';

export interface Fixture {
  readonly kernels: Kernels;
  readonly f32: Float32Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly u8: Uint8Array;
}

export function createFixture(pages = 256): Fixture {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const { buffer } = memory;
  return {
    kernels: instantiateKernels(compileKernels(), memory),
    f32: new Float32Array(buffer),
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    u8: new Uint8Array(buffer),
  };
}
