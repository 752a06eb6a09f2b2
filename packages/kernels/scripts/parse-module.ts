/** Reads just enough of a WebAssembly module to check it: the ids of its sections, and every instruction of its code. */
import { Reader, skipInstruction } from './instructions.ts';

export interface ModuleFacts {
  /** Section ids in order; 4 table, 6 global, 8 start, 11 data. */
  readonly sections: readonly number[];
  /** How often each instruction stands in the code: `0x92`, and with a prefix `0xfd 0x0c`. */
  readonly instructions: ReadonlyMap<string, number>;
}

/** Throws at an instruction that it does not know, and where a function does not end where it says. */
export function parseModule(wasm: Uint8Array): ModuleFacts {
  const sections: number[] = [];
  const instructions = new Map<string, number>();
  // After 8 bytes of header, each section is an id byte, its size and that many bytes.
  const reader = new Reader(wasm, 8);
  while (reader.at < wasm.length) {
    const id = reader.byte();
    const end = reader.u32() + reader.at;
    sections.push(id);
    if (id === 10) for (let left = reader.u32(); left > 0; left--) readFunction(reader, instructions);
    reader.at = end;
  }
  return { sections, instructions };
}

function readFunction(reader: Reader, instructions: Map<string, number>): void {
  const end = reader.u32() + reader.at;
  for (let runs = reader.u32(); runs > 0; runs--) {
    reader.u32();
    reader.byte();
  }
  let last = '';
  while (reader.at < end) {
    last = skipInstruction(reader);
    instructions.set(last, (instructions.get(last) ?? 0) + 1);
  }
  if (reader.at !== end || last !== '0x0b')
    throw new Error(`a function ends at byte ${reader.at} with ${last}, expected 0x0b at ${end}`);
}
