/**
 * Properties of the module itself, which make it safe to share one memory between instances and to move between
 * engines.
 */
import { expect, test } from 'vitest';
import { parseModule } from '../scripts/parse-module.ts';
import { kernelsWasmBase64 } from '../src/generated/kernels-wasm.ts';
import { compileKernels, f32Bits, f32FromBits, instantiateKernels, kernelNames, kernelTable } from '../src/index.ts';

const { sections, instructions } = parseModule(Uint8Array.from(Buffer.from(kernelsWasmBase64, 'base64')));
const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });

test('the module imports nothing but env.memory', () => {
  expect(WebAssembly.Module.imports(compileKernels())).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
});

test('the module has no data, no table, no global and no start section', () => {
  const names = { 4: 'table', 6: 'global', 8: 'start', 11: 'data' } as Record<number, string>;
  expect(sections.map((id) => names[id]).filter((name) => name !== undefined)).toEqual([]);
});

/** Opcodes behind a prefix. */
function behind(prefix: string, found: ReadonlyMap<string, number> = instructions): number[] {
  return [...found.keys()].filter((name) => name.startsWith(`${prefix} `)).map((name) => Number(name.split(' ')[1]));
}

test('the code uses SIMD, and none of the relaxed instructions, whose results differ between machines', () => {
  expect(behind('0xfd').length).toBeGreaterThan(50);
  expect(behind('0xfd').filter((opcode) => opcode >= 0x100)).toEqual([]);
});

test('the code has no atomic instructions: what a kernel computes does not depend on who comes first', () => {
  expect(behind('0xfe')).toEqual([]);
});

/** A module with one function of this code. */
function moduleOf(...code: number[]): Uint8Array {
  const body = [0, ...code];
  return Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 10, body.length + 2, 1, body.length, ...body);
}

test('a relaxed instruction and an atomic one would be found, and constants that look like them are not', () => {
  const relaxed = parseModule(moduleOf(0x20, 0, 0x20, 1, 0x20, 2, 0xfd, 0x85, 0x02, 0x1a, 0x0b));
  expect(behind('0xfd', relaxed.instructions)).toEqual([0x105]);
  const atomic = parseModule(moduleOf(0x41, 0, 0x41, 1, 0xfe, 0x1e, 2, 0, 0x1a, 0x0b));
  expect(behind('0xfe', atomic.instructions)).toEqual([0x1e]);
  const constant = parseModule(
    moduleOf(0xfd, 12, ...Array(8).fill([0xfd, 0x85]).flat(), 0x43, 0xfe, 0xfd, 0x85, 2, 0x0b),
  );
  expect([...constant.instructions.keys()]).toEqual(['0xfd 0x0c', '0x43', '0x0b']);
});

test('code that is not understood is refused', () => {
  expect(() => parseModule(moduleOf(0xf0, 0x0b))).toThrow('unknown instruction 0xf0');
  expect(() => parseModule(moduleOf(0x01))).toThrow('expected 0x0b');
  expect(() => parseModule(moduleOf(0x0b, 0x43, 0))).toThrow(/ends (at|in)/);
});

test('the table holds the kernels in the order of their names', () => {
  const kernels = instantiateKernels(compileKernels(), memory);
  expect(kernelTable(kernels)).toEqual(kernelNames.map((name) => kernels[name]));
});

test('a module without a kernel is refused by name', () => {
  const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  expect(() => instantiateKernels(empty, memory)).toThrow("no export 'fill'");
});

test('floats and bits convert both ways', () => {
  expect(f32Bits(1)).toBe(0x3f800000);
  expect(f32Bits(-0)).toBe(-0x80000000);
  expect(f32FromBits(f32Bits(0.1))).toBe(Math.fround(0.1));
});
