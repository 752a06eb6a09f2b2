/** What is fuzzed: a reader of bytes, with valid files to start from and the bounds that its documentation states. */

export interface Layer {
  /** Valid content. */
  seeds(): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Content → input: packs it, mends checksums, so that changes reach what lies behind them. */
  wrap(content: Uint8Array): Uint8Array;
}

export interface Reader {
  /** The first holds whole inputs, the others what lies inside. */
  readonly layers: readonly Layer[];
  /** The largest block, and all that is held at a time, that reading an input of so many bytes may take. */
  mostBytes(inputBytes: number): number;
  /** Reads an input; returns bytes that it took where nobody else counts them. */
  read(input: Uint8Array): unknown;
  /** Whether an error is the reader's own: it says where, what was expected and what came. */
  isOwn(thrown: unknown): boolean;
}

/** `folder`: an empty one for the reader's files. */
export type OpenReader = (folder: string) => Reader | Promise<Reader>;

/** A layer of whole inputs. */
export function plain(seeds: Layer['seeds']): Layer {
  return { seeds, wrap: (content) => content };
}

/** The bytes of a text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
