/**
 * Contenders of ours run as plain JavaScript on the built packages, as users run them: Node's own type stripping would add 17 MB and
 * 25 ms to every process. The stripped copies lie in `node_modules/.cache`, from where bare imports resolve as from here.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

const cache = new URL('./node_modules/.cache/contenders/', import.meta.url);

/** The path of a contender's stripped copy; the neighbours that it imports are stripped with it. */
export function stripped(name: string): string {
  const source = readFileSync(new URL(`./contenders/${name}.ts`, import.meta.url), 'utf8');
  const target = new URL(`${name}.mjs`, cache);
  mkdirSync(cache, { recursive: true });
  const code = stripTypeScriptTypes(source).replaceAll(/'\.\/([\w-]+)\.ts'/g, (_, neighbour: string) => {
    stripped(neighbour);
    return `'./${neighbour}.mjs'`;
  });
  writeFileSync(target, code);
  return fileURLToPath(target);
}
