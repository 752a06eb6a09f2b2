/** A file system on the disk whose nth call does not do what it should. */
import { type FileSystem, nodeFiles } from '../src/checkpoint/files.ts';

export type Fault =
  /** The call fails, once. */
  | 'EIO'
  | 'ENOSPC'
  /** As `ENOSPC`, and a write gets half of its bytes to the file first. */
  | 'partial'
  /** This call and every later one fails, as if the process were gone: nothing is cleaned up. A write gets half of its bytes to the file. */
  | 'crash';

export interface FaultyFiles extends FileSystem {
  /** Calls so far, by name. */
  readonly calls: readonly string[];
}

/** `at`: the number of the call that fails, from 0; −1: none. */
export function faultyFiles(at: number, fault: Fault): FaultyFiles {
  const calls: string[] = [];
  const failsNow = (call: string): boolean => {
    const number = calls.push(call) - 1;
    return number === at || (fault === 'crash' && at >= 0 && number > at);
  };
  const error = (call: string): Error => {
    const code = fault === 'EIO' || fault === 'crash' ? 'EIO' : 'ENOSPC';
    return Object.assign(new Error(`${code}: injected into ${call}`), { code });
  };
  const guarded =
    <A extends unknown[], R>(call: string, run: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (failsNow(call)) throw error(call);
      return run(...args);
    };
  return {
    calls,
    rename: guarded('rename', nodeFiles.rename),
    remove: guarded('remove', nodeFiles.remove),
    makeFolder: guarded('makeFolder', nodeFiles.makeFolder),
    list: nodeFiles.list,
    read: nodeFiles.read,
    open: guarded('open', async (path, flags) => {
      const file = await nodeFiles.open(path, flags);
      return {
        write: async (bytes, offset, length) => {
          if (!failsNow('write')) {
            // Less than asked: the rest must be asked for again.
            return file.write(bytes, offset, Math.min(length, 1000));
          }
          if (fault === 'partial' || fault === 'crash') await file.write(bytes, offset, length >> 1);
          throw error('write');
        },
        sync: guarded('sync', () => file.sync()),
        close: async () => {
          await file.close();
          if (failsNow('close')) throw error('close');
        },
      };
    }),
  };
}
