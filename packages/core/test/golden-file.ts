/** Reads the files of golden/, which generate.py wrote from PyTorch. */
import { readFileSync } from 'node:fs';

export function goldenBytes(name: string): Uint8Array {
  return readFileSync(new URL(`./golden/${name}`, import.meta.url));
}

export function goldenJson<T>(name: string): T {
  return JSON.parse(new TextDecoder().decode(goldenBytes(name))) as T;
}
