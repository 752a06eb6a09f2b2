/** The user's own npm configuration (npmrc files, environment) as options for pacote: registry, proxy, credentials. */
import { dirname } from 'node:path';
import { requireInstalled, resolveInstalled } from './installed.ts';

interface NpmConfig {
  load(): Promise<void>;
  readonly flat: Record<string, unknown>;
}

interface NpmDefinitions {
  readonly definitions: object;
  readonly shorthands: object;
  readonly flatten: object;
  readonly nerfDarts: readonly string[];
}

/** Read afresh at every call from project, user and global npmrc and `npm_config_*`; nothing is written back. */
export async function npmOptions(env: NodeJS.ProcessEnv = process.env): Promise<Record<string, unknown>> {
  const Config = requireInstalled<new (options: object) => NpmConfig>('@npmcli/config');
  const { definitions, shorthands, flatten, nerfDarts } = requireInstalled<NpmDefinitions>(
    '@npmcli/config/lib/definitions',
  );
  const config = new Config({
    definitions,
    shorthands,
    flatten,
    nerfDarts,
    npmPath: npmFolder(env),
    argv: [],
    // A copy: loading sets npm_config_* variables in what it is given.
    env: { ...env },
    warn: false,
  });
  await config.load();
  return { ...config.flat };
}

/** npm's own folder may hold an npmrc; npm tells where it is to what it runs. Else a folder without one. */
function npmFolder(env: NodeJS.ProcessEnv): string {
  const npm = env.npm_execpath;
  if (npm?.endsWith('npm-cli.js')) return dirname(dirname(npm));
  return dirname(resolveInstalled('@npmcli/config'));
}
