/**
 * Properties of the module itself, which make it safe to share one memory between instances and to move between
 * engines.
 */
import { expect, test } from 'vitest';
import { parseModule } from '../scripts/parse-module.ts';
import { kernelsWasmBase64 } from '../src/generated/kernels-wasm.ts';
import { compileKernels, f32Bits, f32FromBits, instantiateKernels, kernelNames, kernelTable } from '../src/index.ts';

const { sections, simdOpcodes } = parseModule(Uint8Array.from(Buffer.from(kernelsWasmBase64, 'base64')));
const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });

test('the module imports nothing but env.memory', () => {
  expect(WebAssembly.Module.imports(compileKernels())).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
});

test('the module has no data, no table, no global and no start section', () => {
  const names = { 4: 'table', 6: 'global', 8: 'start', 11: 'data' } as Record<number, string>;
  expect(sections.map((id) => names[id]).filter((name) => name !== undefined)).toEqual([]);
});

test('the module uses SIMD, and none of the relaxed instructions, whose results differ between machines', () => {
  expect(simdOpcodes.size).toBeGreaterThan(20);
  expect([...simdOpcodes].filter((opcode) => opcode >= 0x100)).toEqual([]);
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
