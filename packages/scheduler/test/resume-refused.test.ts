/** States that do not belong to a run are refused with what differs, and change nothing. */
import { mixup, type nn, SGD, WeightAverage } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import type { TrainOptions } from '../src/train/options.ts';
import { train } from '../src/train/trainer.ts';
import { weightsHash } from '../src/train/weights-hash.ts';
import { data, type Problem, problem, run } from './resume-problems.ts';
import { optimizers, points, tinyNet } from './tiny-problem.ts';

describe('a state that does not fit is refused', () => {
  const attempt = async (options: Partial<TrainOptions>, other: Problem = problem) => {
    const { final } = await run(problem, { epochs: 1 });
    return run(other, { resume: final, ...options });
  };

  test('another order of samples', async () => {
    await expect(attempt({ batchSize: 8 })).rejects.toThrow(
      /resume: the state belongs to a run with batchSize 16, not 8;/,
    );
    await expect(attempt({ seed: 8 })).rejects.toThrow(/seed 7, not 8/);
    await expect(attempt({ shuffle: false })).rejects.toThrow(/shuffle true, not false/);
    await expect(attempt({ data: points(51) })).rejects.toThrow(/samples 50, not 51/);
    await expect(attempt({ sampler: { kind: 'weighted', weights: 'balanced' } })).rejects.toThrow(
      /sampler none, not balanced/,
    );
    const held = { data: points(100), validationSplit: 0.5, ...({ test: undefined } as object) };
    await expect(attempt(held)).rejects.toThrow(/validationSplit none, not \{"fraction":0.5/);
  });

  test('other weights of the draws, and other augmentation', async () => {
    const drawn = (last: number): Problem => ({
      ...problem,
      options: { sampler: { kind: 'weighted', weights: [...Array(49).fill(1), last] } },
    });
    const { final } = await run(drawn(1), { epochs: 1 });
    await expect(run(drawn(1 + 2 ** -52), { resume: final })).rejects.toThrow(
      /sampler weights ([0-9a-f]{64}), not weights (?!\1)[0-9a-f]{64};/,
    );
    await expect(attempt({ augment: [mixup({ alpha: 0.5 })] })).rejects.toThrow(
      /augment none, not \[\{"kind":"mixup","alpha":0.5,"p":1\}\]/,
    );
    const mixed = await run(problem, { epochs: 1, augment: [mixup()] });
    await expect(attempt({ resume: mixed.final, augment: [mixup({ p: 0.5 })] })).rejects.toThrow(
      /"alpha":0.2,"p":1\}\], not \[/,
    );
    await expect(attempt({ resume: mixed.final })).rejects.toThrow(/augment \[.*\], not none/);
  });

  test('another model, optimizer or average', async () => {
    await expect(attempt({}, { ...problem, model: tinyNet })).rejects.toThrow(
      /resume: the state is that of another model/,
    );
    await expect(attempt({}, { ...problem, optimizer: optimizers.adam })).rejects.toThrow(
      /optimizer\.0\.exp_avg is missing.*optimizer\.0\.momentum_buffer is nothing of this run/,
    );
    const plain = { ...problem, optimizer: (model: nn.Module) => new SGD(model.parameters(), { lr: 0.1 }) };
    await expect(attempt({}, plain)).rejects.toThrow(/momentum_buffer is nothing of this run/);
    const average = (model: nn.Module) => new WeightAverage(model.parameters(), { kind: 'swa', startEpoch: 1 });
    await expect(attempt({}, { ...problem, average })).rejects.toThrow(/the state has the weight average none/);
  });

  test('and nothing is changed then', async () => {
    const { final } = await run(problem, { epochs: 1 });
    const model = tinyNet();
    const before = await weightsHash(model);
    const optimizer = optimizers.sgd(model);
    await expect(train({ model, optimizer, data, epochs: 2, batchSize: 16, seed: 7, resume: final })).rejects.toThrow(
      /another model/,
    );
    expect(await weightsHash(model)).toBe(before);
    expect(optimizer.steps).toBe(0);
  });
});
