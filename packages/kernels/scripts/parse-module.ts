/** Reads just enough of a WebAssembly module to check it: the ids of its sections, and the SIMD instructions it may hold. */

export interface ModuleFacts {
  /** Section ids in order; 4 table, 6 global, 8 start, 11 data. */
  readonly sections: readonly number[];
  /** Opcodes that follow the SIMD prefix 0xfd anywhere in the code section: a superset of the SIMD instructions used. */
  readonly simdOpcodes: ReadonlySet<number>;
}

export function parseModule(wasm: Uint8Array): ModuleFacts {
  const sections: number[] = [];
  const simdOpcodes = new Set<number>();
  // After 8 bytes of header, each section is an id byte, its size and that many bytes.
  for (let at = 8; at < wasm.length; ) {
    const id = wasm[at]!;
    const [size, start] = readLeb128(wasm, at + 1);
    sections.push(id);
    if (id === 10) collectSimd(wasm.subarray(start, start + size), simdOpcodes);
    at = start + size;
  }
  return { sections, simdOpcodes };
}

function collectSimd(code: Uint8Array, opcodes: Set<number>): void {
  for (let i = 0; i + 1 < code.length; i++) if (code[i] === 0xfd) opcodes.add(readLeb128(code, i + 1)[0]);
}

/** An unsigned number in base 128, low digits first, and the position after it. */
function readLeb128(bytes: Uint8Array, position: number): [value: number, next: number] {
  let value = 0;
  let at = position;
  for (let shift = 0; at < bytes.length; shift += 7) {
    const byte = bytes[at++]!;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  return [value, at];
}
