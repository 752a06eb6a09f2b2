/** The whole proof of equal bits: one weights hash for every number of workers and shards, for two batch sizes and two optimizers. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const limit = process.argv[2] ?? '6000';
const folder = mkdtempSync(join(tmpdir(), 'lockstep-matrix-'));
let failed = false;

try {
  for (const optimizer of ['sgd', 'adam']) {
    for (const batch of [64, 50]) failed = !isOneHash(optimizer, batch) || failed;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

function isOneHash(optimizer: string, batch: number): boolean {
  const hashes = new Set<string>();
  for (const workers of [1, 2, 3, 5]) {
    for (const shards of [1, 4, 7]) hashes.add(hashOf({ optimizer, batch, workers, shards }));
  }
  console.log(`${hashes.size === 1 ? 'same' : 'DIFFERENT'}  ${optimizer}, batch ${batch}: ${[...hashes].join(' ')}`);
  return hashes.size === 1;
}

function hashOf(run: { optimizer: string; batch: number; workers: number; shards: number }): string {
  const { optimizer, batch, workers, shards } = run;
  const out = join(folder, `${optimizer}-${batch}-${workers}-${shards}`);
  const args = [
    ...[
      'train',
      'seed-net',
      '--data',
      'mnist',
      '--limit',
      limit,
      '--eval-limit',
      '100',
      '--epochs',
      '1',
      '--seed',
      '7',
    ],
    ...['--optimizer', optimizer, '--batch-size', String(batch), '--workers', String(workers)],
    ...['--shards', String(shards), '--json', '--quiet', '--out', out],
  ];
  const stdout = execFileSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  return (JSON.parse(stdout) as { weightsHash: string }).weightsHash;
}
