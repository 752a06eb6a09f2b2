/** Runs jobs in an engine that is a command: Node of any age and processor, Bun, Deno. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { JobResult } from '../programs/jobs.ts';
import type { ThreadsRequest } from '../programs/threads.ts';
import type { EngineWork } from './engine.ts';

/** `before`: what comes before the engine's path (an emulator) and after it (`run`), around the mode's flags. */
export async function runCommand(
  work: EngineWork,
  around: { before?: readonly string[]; after?: readonly string[] } = {},
): Promise<void> {
  const { path, mode, jobs, bundles, onResult } = work;
  const request: ThreadsRequest = { jobs, revectorize: mode.revectorize !== undefined };
  const { before = [], after = [] } = around;
  const [command, ...args] = [
    ...before,
    path,
    ...after,
    ...(mode.flags ?? []),
    join(bundles.threads, 'main.js'),
    JSON.stringify(request),
  ];
  const env = { ...process.env, ...mode.env };
  // Conditions and flags of the process that asks are not the engine's.
  for (const name of ['NODE_OPTIONS', 'LOCKSTEP_REVECTORIZE']) delete env[name];
  const child = spawn(command!, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'no code'));
  });
  for await (const line of createInterface({ input: child.stdout })) onResult(JSON.parse(line) as JobResult);
  const code = await ended;
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr.trim().slice(-2000)}`);
}
