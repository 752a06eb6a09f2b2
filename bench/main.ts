/**
 * Speed of the seed network beside PyTorch: every contender is a process of its own, run in turn for several rounds, so that a noisy
 * machine disturbs all alike. Prints medians, the spread and the ratios. Usage: npm run bench [-- --rounds N]
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } });
const rounds = Number(values.rounds);
const cores = availableParallelism();
const file = (name: string): string => fileURLToPath(new URL(`./contenders/${name}`, import.meta.url));

/** Any core of the last ten years does more with a real BLAS. */
const leastSgemmGflops = 15;

interface Contender {
  readonly name: string;
  readonly run: (batch: number) => number;
}

/** OPENBLAS_CORETYPE is left out: set to an older core it slows PyTorch. */
const { OPENBLAS_CORETYPE: _core, OPENBLAS_L2_SIZE: _cache, ...environment } = process.env;

function threadLimits(threads: number): NodeJS.ProcessEnv {
  return { OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) };
}

function imagesPerSecond(command: string, args: string[], extra: NodeJS.ProcessEnv): number {
  const env = { ...environment, ...extra };
  const output = execFileSync(command, args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'inherit'] });
  const result = JSON.parse(output.trim().split('\n').at(-1)!) as { imagesPerSecond: number; sgemmGflops?: number };
  if (result.sgemmGflops !== undefined && result.sgemmGflops < leastSgemmGflops) {
    throw new Error(
      `PyTorch multiplies matrices at ${result.sgemmGflops.toFixed(1)} GFLOPS: it runs on the reference BLAS and is no fair peer (Debian: apt-get install libopenblas0-pthread)`,
    );
  }
  return result.imagesPerSecond;
}

const lockstep = (workers: number, revectorize: boolean): Contender => ({
  name: `lockstep${revectorize ? '' : ' plain'}, ${workers} worker${workers > 1 ? 's' : ''}`,
  run: (batch) => {
    const args = ['--conditions=@lockstep/source', file('lockstep.ts'), String(workers), String(batch)];
    return imagesPerSecond(process.execPath, args, { LOCKSTEP_REVECTORIZE: revectorize ? '1' : '0' });
  },
});

const torch = (threads: number): Contender => ({
  name: `PyTorch, ${threads} thread${threads > 1 ? 's' : ''}`,
  run: (batch) =>
    imagesPerSecond(
      '/usr/bin/python3',
      [file('torch_seed_net.py'), String(threads), String(batch)],
      threadLimits(threads),
    ),
});

function hasTorch(): boolean {
  try {
    execFileSync('/usr/bin/python3', ['-c', 'import torch'], { stdio: 'ignore' });
    return true;
  } catch {
    console.log('PyTorch is not installed: its rows are left out (Debian: apt-get install python3-torch).');
    return false;
  }
}

const median = (numbers: number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

const counts = [...new Set([1, cores])];
const contenders = [
  ...counts.map((workers) => lockstep(workers, true)),
  ...counts.map((workers) => lockstep(workers, false)),
  ...(hasTorch() ? counts.map(torch) : []),
];
for (const batch of [64, 256]) {
  const rates = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) rates.get(contender)!.push(contender.run(batch));
  }
  const best = Math.max(
    0,
    ...contenders.filter(({ name }) => name.startsWith('PyTorch')).map((c) => median(rates.get(c)!)),
  );
  console.log(`\nseed network 3×32×32, dropout 0.25, batch ${batch} (training, ${rounds} rounds, ${cores} cores)`);
  for (const contender of contenders) {
    const all = rates.get(contender)!;
    const ratio = best > 0 ? `${(median(all) / best).toFixed(2)}× PyTorch's best` : '';
    const spread = `${Math.min(...all).toFixed(0)}–${Math.max(...all).toFixed(0)}`;
    console.log(`  ${contender.name.padEnd(22)} ${median(all).toFixed(0).padStart(7)} images/s  (${spread})  ${ratio}`);
  }
  const [one, many] = [contenders[0]!, contenders[counts.length - 1]!];
  console.log(`  ${cores} workers : 1 worker = ${(median(rates.get(many)!) / median(rates.get(one)!)).toFixed(2)}×`);
}
