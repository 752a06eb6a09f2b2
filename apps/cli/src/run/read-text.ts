/** Small files of a run, which may come from anywhere. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** The first bytes of a file, at most `mostBytes`: no more memory than that is taken. */
export function readStart(path: string, mostBytes: number): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const content = new Uint8Array(Math.min(fstatSync(file).size, mostBytes));
    let read = 0;
    for (let got = -1; read < content.length && got !== 0; read += got)
      got = readSync(file, content, read, content.length - read, read);
    return content.subarray(0, read);
  } finally {
    closeSync(file);
  }
}

/** The text of a file. @throws Error for one of more than `mostBytes`. */
export function readText(path: string, mostBytes: number): string {
  const content = readStart(path, mostBytes + 1);
  if (content.length > mostBytes) throw new Error(`more than ${mostBytes} bytes`);
  return new TextDecoder().decode(content);
}
