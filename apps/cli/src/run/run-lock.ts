/**
 * Keeps two processes out of one folder. Each process puts a claim of its own into the folder, `.lock-<pid>-<random>`, and then looks for
 * others: of two that come at the same time at least one sees the other and steps back. A claim whose process is gone is removed; as no two
 * processes ever use the same file, nobody can remove the claim of a process that is alive.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname, uptime } from 'node:os';
import { join } from 'node:path';
import { parseJson } from '@lockstep/core/json';
import { CommandError, codeOf } from '../errors.ts';
import { readStart } from './read-text.ts';
import { saveFile } from './save-file.ts';

/** What a claim says of its process. */
interface Claim {
  readonly pid: number;
  readonly host: string;
  /** ISO. */
  readonly since: string;
  /** Of Linux: another one after every start of the system. */
  readonly boot: string | undefined;
  /** Of Linux: when the process began. Numbers of processes are used again. */
  readonly began: string | undefined;
}

const mostClaimBytes = 4096;
const pattern = /^\.lock-\d+-[0-9a-f]+$/;
/** Claims of two processes that start together may meet; then both wait for a moment, each for another one. */
const attempts = 4;
const longestWaitMs = 150;
/** Clocks may be set while the system runs. */
const clockSlackMs = 120_000;

export interface RunLock {
  release(): void;
}

/** @throws CommandError when another process works in the folder, and the file system's error when the folder cannot be written. */
export function lockRun(folder: string): RunLock {
  for (let attempt = 1; ; attempt++) {
    const own = `.lock-${process.pid}-${randomBytes(6).toString('hex')}`;
    const path = join(folder, own);
    const release = (): void => rmSync(path, { force: true });
    let other: ReturnType<typeof liveClaims>[number] | undefined;
    try {
      saveFile(path, JSON.stringify(ownClaim()));
      other = liveClaims(folder).find(({ file }) => file !== own);
    } catch (thrown) {
      release();
      throw thrown;
    }
    if (!other) return { release };
    release();
    const isNew = Date.now() - Date.parse(other.claim.since) < 2000;
    if (attempt === attempts || !isNew) throw inUse(folder, other);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, randomBytes(1)[0]! * (longestWaitMs / 256));
  }
}

function ownClaim(): Claim {
  const { pid } = process;
  return { pid, host: hostname(), since: new Date().toISOString(), boot: bootId(), began: beginOf(pid)?.began };
}

/** The claims of processes that may be alive; the others are removed. */
function liveClaims(folder: string): { file: string; claim: Claim }[] {
  return readdirSync(folder)
    .filter((file) => pattern.test(file))
    .flatMap((file) => {
      const path = join(folder, file);
      const text = textUnlessGone(path);
      const claim = text === undefined ? undefined : parseClaim(text);
      if (claim && isAlive(claim)) return [{ file, claim }];
      rmSync(path, { force: true });
      return [];
    });
}

/** The first 4 KiB, which hold any claim; undefined for one that has just been released. */
function textUnlessGone(path: string): string | undefined {
  try {
    return new TextDecoder().decode(readStart(path, mostClaimBytes));
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** Undefined for a damaged one: claims of living processes are whole. */
function parseClaim(text: string): Claim | undefined {
  try {
    const claim = parseJson(text) as Claim;
    return Number.isSafeInteger(claim.pid) && typeof claim.host === 'string' ? claim : undefined;
  } catch {
    return undefined;
  }
}

/** Of another host nothing is known, so its process counts as alive. */
function isAlive({ pid, host, since, boot, began }: Claim): boolean {
  if (host !== hostname()) return true;
  if (boot !== bootId()) return false;
  if (Date.parse(since) < Date.now() - 1000 * uptime() - clockSlackMs) return false;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    if (codeOf(thrown) === 'ESRCH') return false;
  }
  const now = beginOf(pid);
  return !now || (!now.ended && now.began === began);
}

function bootId(): string | undefined {
  return textOf('/proc/sys/kernel/random/boot_id')?.trim();
}

/** When a process began, and whether it has ended and only waits for its parent; undefined where the system does not say. */
function beginOf(pid: number): { began: string; ended: boolean } | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  // The name of the program, in parentheses, may hold anything.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, began] = [fields?.[0], fields?.[19]];
  return state === undefined || began === undefined ? undefined : { began, ended: 'ZX'.includes(state) };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function inUse(folder: string, { file, claim }: { file: string; claim: Claim }): CommandError {
  const here = claim.host === hostname();
  return new CommandError({
    where: folder,
    expected: 'a run that no other process works on',
    got: `process ${claim.pid}${here ? '' : ` on ${claim.host}`}, since ${claim.since}`,
    hint: here ? 'Wait until it ends, or stop it.' : `If it is gone, remove ${join(folder, file)}.`,
  });
}
