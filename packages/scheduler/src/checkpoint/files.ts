/** Files that are either whole or not there: written beside their place, brought to the disk, then renamed. */
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FormatError } from '@lockstep/core';

/** What checkpoints need of an open file. */
export interface OpenFile {
  /** May write less than asked. */
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ bytesWritten: number }>;
  /** Comes back when the content is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What checkpoints need of a file system; errors are Node's. */
export interface FileSystem {
  open(path: string, flags: 'r' | 'w'): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  /** No error if it is not there. */
  remove(path: string): Promise<void>;
  makeFolder(path: string): Promise<void>;
  /** Names; none where there is no folder. */
  list(path: string): Promise<string[]>;
  /** All of a file. @throws FormatError for one of more bytes, before memory is taken for it. */
  read(path: string, mostBytes: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** The disk. */
export const nodeFiles: FileSystem = {
  open: (path, flags) => open(path, flags),
  rename,
  remove: (path) => rm(path, { force: true }),
  makeFolder: async (path) => {
    await mkdir(path, { recursive: true });
  },
  list: async (path) => {
    try {
      return await readdir(path);
    } catch (thrown) {
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return [];
      throw thrown;
    }
  },
  read: async (path, mostBytes) => {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > mostBytes) throw new FormatError(`${path}: expected at most ${mostBytes} bytes, got ${size}`);
      const content = new Uint8Array(size);
      let read = 0;
      for (let got = -1; read < size && got !== 0; read += got)
        ({ bytesRead: got } = await file.read(content, read, Math.min(chunkBytes, size - read), read));
      return content.subarray(0, read);
    } finally {
      await file.close();
    }
  },
};

/** The end of the names of files that are being written. */
export const incoming = '.incoming';

/** Bytes a call: a call for 2 GiB or more would fail. */
const chunkBytes = 2 ** 26;

/**
 * Writes a file so that, whatever happens in between, `path` is as it was before or has the whole new content, also after a loss of power.
 * Rejects with the file system's error, and then leaves nothing beside the file.
 */
export async function writeAtomically(files: FileSystem, path: string, content: Uint8Array): Promise<void> {
  const beside = `${path}${incoming}`;
  try {
    const file = await files.open(beside, 'w');
    try {
      for (let at = 0; at < content.length; ) {
        const { bytesWritten } = await file.write(content, at, Math.min(chunkBytes, content.length - at));
        at += bytesWritten;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(beside, path);
    await syncFolder(files, dirname(path));
  } catch (thrown) {
    // The first error is the one to tell.
    await files.remove(beside).catch(() => {});
    throw thrown;
  }
}

/** Brings the names in a folder to the disk; Windows does so by itself and has no call for it. */
export async function syncFolder(files: FileSystem, path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await files.open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
