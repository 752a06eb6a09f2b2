/**
 * Compiles `assembly/` and writes `src/generated/kernels-wasm.ts`: the module as base64, so that sources, tests and bundles load
 * it the same way. Fails if the module holds data or imports anything but the memory: instances share one memory.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { parseModule } from './parse-module.ts';

const packageDir: string = fileURLToPath(new URL('..', import.meta.url));
const generatedDir: string = fileURLToPath(new URL('../src/generated/', import.meta.url));

const flags: readonly string[] = [
  'assembly/index.ts',
  '--outFile kernels.wasm',
  '-O3',
  '--converge',
  '--noAssert',
  '--runtime stub',
  '--enable simd',
  '--enable threads',
  '--importMemory',
  '--noExportMemory',
  '--sharedMemory',
  '--initialMemory 1',
  '--maximumMemory 65536',
  '--use abort=',
].flatMap((flag) => flag.split(' '));

async function compile(): Promise<Uint8Array<ArrayBuffer>> {
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await asc.main([...flags, '--baseDir', packageDir], {
    writeFile: (_name, contents) => {
      wasm = contents as Uint8Array;
    },
  });
  if (error || !wasm) throw new Error(`asc failed: ${error?.message ?? 'no output'}\n${stderr.toString()}`);
  return new Uint8Array(wasm);
}

function check(wasm: Uint8Array<ArrayBuffer>): void {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm)).map((i) => `${i.module}.${i.name}`);
  if (imports.join() !== 'env.memory')
    throw new Error(`the kernels may import env.memory only, not: ${imports.join()}`);
  if (parseModule(wasm).sections.includes(11)) throw new Error('the kernels hold a data section: remove static data');
}

function write(wasm: Uint8Array): void {
  mkdirSync(generatedDir, { recursive: true });
  const base64 = Buffer.from(wasm).toString('base64');
  writeFileSync(
    `${generatedDir}kernels-wasm.ts`,
    `/** Written by scripts/build-wasm.ts from assembly/: do not edit. */\nexport const kernelsWasmBase64: string =\n  '${base64}';\n`,
  );
}

const wasm = await compile();
check(wasm);
write(wasm);
console.log(`kernels.wasm: ${wasm.length} bytes`);
