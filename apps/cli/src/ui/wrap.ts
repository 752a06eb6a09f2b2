/** Text in lines of at most `columns`. */

export interface WrapOptions {
  /** Before the first line, and before the others. Default: nothing. */
  readonly first?: string;
  readonly indent?: string;
  readonly columns?: number;
}

/** Breaks at spaces; a word that is longer than a line has one to itself. */
export function wrap(text: string, options: WrapOptions = {}): string[] {
  const { first = '', indent = '', columns = 100 } = options;
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}
