/** The one error of this package: it says where, what was expected, what came instead, and what to do next. */

export interface DataErrorFields {
  /** The file, dataset or argument at fault. */
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  /** What the reader can do about it: a full sentence. */
  readonly hint: string;
  readonly cause?: unknown;
}

/** `message` is one line: `where: expected …, got …. hint`. */
export class DataError extends Error {
  override readonly name: string = 'DataError';
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  readonly hint: string;

  constructor({ where, expected, got, hint, cause }: DataErrorFields) {
    super(oneLine(`${where}: expected ${expected}, got ${got}. ${hint}`), cause === undefined ? {} : { cause });
    this.where = where;
    this.expected = expected;
    this.got = got;
    this.hint = hint;
  }
}

/** The message of anything thrown, for the `got` of a DataError. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Text of a file for an error: no longer than a line holds. */
export function shortened(text: string, characters = 80): string {
  return text.length > characters ? `${text.slice(0, characters)}…` : text;
}

/** The same in quotation marks. */
export function quoted(text: string): string {
  return JSON.stringify(shortened(text));
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}
