import { expect, test } from 'vitest';
import { train } from './lockstep.ts';

const cuts = [
  { workers: 1, shards: 1 },
  { workers: 2, shards: 4 },
  { workers: 3, shards: 7 },
  { workers: 5, shards: 4 },
  { workers: 2, shards: 7 },
  { workers: 5, shards: 1 },
];

// 330 samples: remainder batches of 30 and of 10. More cuts, recipes and engines: `npm run hashes`.
test.each([
  { optimizer: 'sgd', batch: 64, steps: 6 },
  { optimizer: 'sgd', batch: 50, steps: 7 },
  { optimizer: 'adam', batch: 64, steps: 6 },
])('$optimizer with batches of $batch gives one hash for any workers and shards, dropout on', async (config) => {
  const hashes = new Set<string>();
  for (const { workers, shards } of cuts) {
    const result = await train([
      ...['seed-net', '--limit', '330', '--seed', '7', '--optimizer', config.optimizer],
      ...['--batch-size', String(config.batch), '--workers', String(workers), '--shards', String(shards)],
    ]);
    expect(result).toMatchObject({ steps: config.steps, workers, shards, seed: 7 });
    hashes.add(result.weightsHash);
  }
  expect(hashes.size).toBe(1);
});

test('another seed or another dropout gives other weights', async () => {
  const hash = async (...args: string[]): Promise<string> => (await train(['--limit', '100', ...args])).weightsHash;
  const hashes = [
    await hash(),
    await hash('--seed', '1'),
    await hash('--dropout', '0.5'),
    await hash('--seed', '0', '--dropout', '0.25'),
  ];
  expect(hashes[3]).toBe(hashes[0]);
  expect(new Set(hashes).size).toBe(3);
});

test('plain and revectorized kernels give one hash, also with a shard for every sample', async () => {
  const args = ['seed-net', '--limit', '330', '--seed', '7', '--batch-size', '64'];
  const fast = await train([...args, '--shards', '64']);
  const plain = await train([...args, '--no-revectorize']);
  expect([fast.kernels, plain.kernels]).toEqual(['wasm-simd-revectorized', 'wasm-simd']);
  expect(plain.weightsHash).toBe(fast.weightsHash);
});
