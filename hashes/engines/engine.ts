/** What the command knows of an engine: whether it is here, in which modes it runs the kernels, and how it is made to run jobs. */
import type { Job, JobResult } from '../programs/jobs.ts';
import type { Bundles } from './bundles.ts';

/** A way of the engine to compile the kernels. */
export interface Mode {
  /** `tiered`: as the engine does by itself, quick code first. `optimised`: its optimising compiler from the first call. */
  readonly name: 'tiered' | 'optimised' | 'optimised, revectorized';
  /** Before the program, for engines that take flags. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Lines of a Firefox profile. */
  readonly prefs?: readonly string[];
  /** Whether the program asks for V8's flag as the command line does, and what comes of it: old V8 must be refused. */
  readonly revectorize?: 'used' | 'refused';
}

/** How often the network is cut: `full` has every cut, `some` a part where it is slow, `few` two. */
export type Cuts = 'full' | 'some' | 'few';

export interface Engine {
  readonly name: string;
  readonly title: string;
  readonly modes: readonly Mode[];
  readonly cuts: Cuts;
  /** The npm package to fetch it from, if it is one. */
  readonly package?: PinnedPackage;
  /** Where it is, or why it is not. */
  find(): Found | Missing;
  run(work: EngineWork): Promise<void>;
}

export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** Of the registry's tarball, as in a lock file. */
  readonly integrity: string;
  /** Of the executable inside. */
  readonly path: string;
  /** Of the download. */
  readonly megabytes: number;
}

export interface Found {
  readonly path: string;
}

export interface Missing {
  /** What to do about it. */
  readonly missing: string;
}

export interface EngineWork {
  readonly path: string;
  readonly mode: Mode;
  readonly jobs: readonly Job[];
  readonly bundles: Bundles;
  readonly onResult: (result: JobResult) => void;
}

export function isMissing(place: Found | Missing): place is Missing {
  return 'missing' in place;
}
