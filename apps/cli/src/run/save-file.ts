/** Files that are either whole or as they were: written beside their place, brought to the disk, then renamed. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** @throws the file system's error; what was at `path` is then as it was, and nothing lies beside it. */
export function saveFile(path: string, content: Uint8Array | string): void {
  const incoming = `${path}.incoming`;
  try {
    const descriptor = openSync(incoming, 'w');
    try {
      writeAll(descriptor, typeof content === 'string' ? new TextEncoder().encode(content) : content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(incoming, path);
    syncFolder(dirname(path));
  } catch (thrown) {
    rmSync(incoming, { force: true });
    throw thrown;
  }
}

export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

/** Brings the names in a folder to the disk; Windows does so by itself and has no call for it. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
