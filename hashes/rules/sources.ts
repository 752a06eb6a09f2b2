/** The sources in which bits are decided: all that runs between a seed and a weight. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Breach, breaches } from './source-rules.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const folders: readonly string[] = [
  'packages/kernels/src',
  'packages/core/src',
  'packages/data/src',
  'packages/scheduler/src',
  'hashes/recipes',
];

export interface FileBreach extends Breach {
  readonly file: string;
}

export function sourceFiles(): string[] {
  return folders.flatMap((folder) =>
    readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith('generated'))
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      .sort(),
  );
}

export function allBreaches(): FileBreach[] {
  return sourceFiles().flatMap((file) =>
    breaches(file, readFileSync(`${root}/${file}`, 'utf8')).map((breach) => ({ file, ...breach })),
  );
}
