/** Where `--profile` writes its trace: checked before training starts, written when it ends. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CommandError, messageOf, UsageError } from '../errors.ts';
import { type RunFolder, runFiles } from './run-folder.ts';
import { saveFile } from './save-file.ts';

/** `true`: in the folder of the run. A UsageError for a path that cannot be written. */
export function checkProfilePath(asked: string | true): string | true {
  if (asked === true) return true;
  const path = resolve(asked);
  const wrong = (got: string, hint: string): UsageError =>
    new UsageError({ where: '--profile', expected: 'a .json file that can be written', got, hint });
  // `--profile mlp` is a model in the wrong place.
  if (!path.endsWith('.json')) throw wrong(asked, 'Name a .json file, or put --profile last.');
  if (existsSync(path) && !statSync(path).isFile()) throw wrong(`${asked}, which is no file`, 'Choose another path.');
  try {
    // The folder: the file is written beside its place first.
    for (const place of [path, dirname(path)])
      if (place !== path || existsSync(path)) accessSync(place, constants.W_OK);
  } catch (cause) {
    throw wrong(messageOf(cause), 'Choose another path.');
  }
  return path;
}

/** Writes the trace and returns its path. */
export function saveTrace(folder: RunFolder, path: string | true, trace: string): string {
  if (path === true) {
    folder.save(runFiles.profile, trace);
    return join(folder.path, runFiles.profile);
  }
  try {
    saveFile(path, trace);
  } catch (cause) {
    const hint = 'The run itself was saved.';
    throw new CommandError({ where: path, expected: 'a file that can be written', got: messageOf(cause), hint, cause });
  }
  return path;
}
