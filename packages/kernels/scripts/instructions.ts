/** The binary form of WebAssembly's instructions: what follows an opcode, so that the next one is found (core specification, 5.4). */

export class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new Error('the module ends in the middle');
    return byte;
  }

  /** An unsigned number in base 128, low digits first. A signed one has the same length. */
  u32(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  /** So many numbers in base 128. */
  numbers(count: number): void {
    for (let i = 0; i < count; i++) this.u32();
  }

  skip(bytes: number): void {
    this.at += bytes;
  }
}

/** Moves past one instruction and returns its opcode, as `0x92` or with a prefix as `0xfd 0x0c`. */
export function skipInstruction(reader: Reader): string {
  const opcode = reader.byte();
  const name = hex(opcode);
  const after = prefixed[opcode];
  if (!after) {
    plain(reader, opcode);
    return name;
  }
  const second = reader.u32();
  after(reader, second);
  return `${name} ${hex(second)}`;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

const prefixed: Readonly<Record<number, (reader: Reader, opcode: number) => void>> = {
  /** Saturating conversions, bulk memory, tables. */
  252(reader, opcode) {
    const numbers = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1][opcode];
    if (numbers === undefined) throw new Error(`unknown instruction 0xfc ${hex(opcode)}`);
    reader.numbers(numbers);
  },
  /** Vectors; from 0x100 on the relaxed ones. */
  253(reader, opcode) {
    const isAccess = opcode <= 11 || opcode === 92 || opcode === 93;
    const isLaneAccess = opcode >= 84 && opcode <= 91;
    if (isAccess || isLaneAccess) memoryArgument(reader);
    if (isLaneAccess || (opcode >= 21 && opcode <= 34)) reader.skip(1);
    // A constant, or the numbers of sixteen lanes.
    if (opcode === 12 || opcode === 13) reader.skip(16);
    if (opcode > 0x113) throw new Error(`unknown instruction 0xfd ${hex(opcode)}`);
  },
  /** Atomics. */
  254(reader, opcode) {
    if (opcode > 0x4e) throw new Error(`unknown instruction 0xfe ${hex(opcode)}`);
    if (opcode === 3) reader.skip(1);
    else memoryArgument(reader);
  },
};

function memoryArgument(reader: Reader): void {
  const align = reader.u32();
  // Bit 6: the number of a memory follows.
  reader.numbers(align & 0x40 ? 2 : 1);
}

/** Opcodes without a prefix. */
function plain(reader: Reader, opcode: number): void {
  if (opcode >= 0x45 && opcode <= 0xc4) return;
  if (opcode >= 0x28 && opcode <= 0x3e) memoryArgument(reader);
  else if (opcode === 0x0e) reader.numbers(reader.u32() + 1);
  else if (opcode === 0x1c) reader.numbers(reader.u32());
  else if (opcode === 0x43) reader.skip(4);
  else if (opcode === 0x44) reader.skip(8);
  else {
    const numbers = plainNumbers.get(opcode);
    if (numbers === undefined) throw new Error(`unknown instruction ${hex(opcode)} at byte ${reader.at - 1}`);
    reader.numbers(numbers);
  }
}

/** How many numbers follow: control, calls, variables, tables, sizes of the memory, integer constants, references. */
const plainNumbers: ReadonlyMap<number, number> = new Map([
  ...[0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, 0xd1].map((opcode) => [opcode, 0] as const),
  ...[0x02, 0x03, 0x04, 0x0c, 0x0d, 0x10, 0x12, 0xd0, 0xd2].map((opcode) => [opcode, 1] as const),
  ...[0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x3f, 0x40, 0x41, 0x42].map((opcode) => [opcode, 1] as const),
  ...[0x11, 0x13].map((opcode) => [opcode, 2] as const),
]);
