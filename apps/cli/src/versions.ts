/** What a run ran on. */
import own from '../package.json' with { type: 'json' };

export const version: string = own.version;

export const versions: Readonly<Record<string, string>> = {
  lockstep: version,
  node: process.versions.node,
  v8: process.versions.v8,
  platform: `${process.platform}-${process.arch}`,
};
