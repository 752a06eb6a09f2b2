/** Compiles and instantiates the kernel module; a program's workers share the compiled module and one memory. */
import { kernelsWasmBase64 } from './generated/kernels-wasm.ts';
import { type F32Bits, type Kernels, kernelNames } from './signatures.ts';

/** One kernel as a program calls it: by number, with integer arguments. */
export type KernelFunction = (...args: number[]) => void;

/**
 * Compiles the kernels, synchronously. Every call compiles anew (some ten milliseconds): compile once and post the
 * module to the workers. V8 flags that change code generation must be set before.
 */
export function compileKernels(): WebAssembly.Module {
  return new WebAssembly.Module(bytesOfBase64(kernelsWasmBase64));
}

/**
 * The kernels over `memory`, which must be shared with a maximum of at most 65536 pages. Throws if a kernel is
 * missing.
 */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  for (const name of kernelNames) {
    if (typeof exports[name] !== 'function') {
      throw new Error(`The kernel module has no export '${name}'; rebuild it with \`node scripts/build-wasm.ts\`.`);
    }
  }
  return exports as unknown as Kernels;
}

/** The kernels in the order of `kernelNames`: entry i is what a program calls kernel i. */
export function kernelTable(kernels: Kernels): readonly KernelFunction[] {
  return kernelNames.map((name) => kernels[name] as KernelFunction);
}

const word = new DataView(new ArrayBuffer(4));

/** The bit pattern of the float nearest to x, as a signed 32-bit integer. */
export function f32Bits(x: number): F32Bits {
  word.setFloat32(0, x);
  return word.getInt32(0);
}

/** The float with these bits. */
export function f32FromBits(bits: F32Bits): number {
  word.setInt32(0, bits);
  return word.getFloat32(0);
}

function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
