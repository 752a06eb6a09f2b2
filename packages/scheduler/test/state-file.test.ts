/** The two files of a training state: what stands in them, and that damage is found. */
import { Adam, readSafetensors } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { decodeTrainingState, encodeTrainingState } from '../src/train/state-file.ts';
import type { TrainingState } from '../src/train/training-state.ts';
import { weightsHash } from '../src/train/weights-hash.ts';
import { expectSameState, normalizedNet, problem, run, stored } from './resume-problems.ts';

test('tensors have the names of PyTorch, and the manifest the hash of the weights', async () => {
  const { final, model } = await run({
    optimizer: (net) => new Adam(net.parameters(), { lr: 0.01 }),
    model: normalizedNet,
  });
  const { tensors } = readSafetensors(final.tensors);
  expect([...tensors.keys()].filter((name) => name.startsWith('model.')).sort()).toEqual(
    Object.keys(model.stateDict())
      .map((name) => `model.${name}`)
      .sort(),
  );
  expect([...tensors.keys()].filter((name) => name.startsWith('optimizer.0'))).toEqual([
    'optimizer.0.exp_avg',
    'optimizer.0.exp_avg_sq',
  ]);
  expect([...tensors.keys()]).toContain('model.1.running_mean');
  const { manifest } = await decodeTrainingState(await encodeTrainingState(final, { config: { lr: 0.01 } }));
  expect(manifest).toMatchObject({ step: 12, config: { lr: 0.01 }, weightsHash: await weightsHash(model) });
});

describe('files', () => {
  const files = async () => encodeTrainingState((await run(problem, { epochs: 1 })).final);

  test('keep numbers that JSON does not have', async () => {
    const { final } = await run(problem, { epochs: 1 });
    const progress = { ...final.progress, trainLoss: Number.NaN, sums: { loss: -0, right: 0, samples: 0 } };
    const odd: TrainingState = {
      ...final,
      progress,
      order: { ...final.order, seed: 2n ** 63n },
      plateau: { best: Number.POSITIVE_INFINITY, numBadEpochs: 0, cooldownCounter: 0 },
    };
    expectSameState(await stored(odd), odd);
  });

  test('a changed byte anywhere is found', async () => {
    const { manifest, tensors } = await files();
    for (let at = 0; at < tensors.length; at += 97) {
      const damaged = tensors.slice();
      damaged[at]! ^= 1;
      await expect(decodeTrainingState({ manifest, tensors: damaged })).rejects.toThrow(/tensors have the hash/);
    }
    for (let at = 0; at < manifest.length; at += 29) {
      if (/\s/.test(manifest[at]!)) continue;
      const damaged = `${manifest.slice(0, at)}${manifest[at] === '7' ? '8' : '7'}${manifest.slice(at + 1)}`;
      await expect(decodeTrainingState({ manifest: damaged, tensors })).rejects.toThrow(/training state: /);
    }
  });

  test('files that are cut off, and formats to come, are refused', async () => {
    const { manifest, tensors } = await files();
    await expect(decodeTrainingState({ manifest, tensors: tensors.slice(0, -1) })).rejects.toThrow(
      /the file is cut off/,
    );
    await expect(decodeTrainingState({ manifest: manifest.slice(0, 200), tensors })).rejects.toThrow(/or damaged/);
    await expect(decodeTrainingState({ manifest: '', tensors })).rejects.toThrow(/or damaged/);
  });

  test('values that are none are refused, also with the hash that belongs to them', async () => {
    const { manifest, tensors } = await files();
    const { manifest: content } = JSON.parse(manifest) as { manifest: { state: Record<string, unknown> } };
    const refused = async (change: object): Promise<string> => {
      const text = JSON.stringify({ ...content, state: { ...content.state, ...change } });
      const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
      const forged = `{"sha256":"${Buffer.from(digest).toString('hex')}","manifest":${text}}`;
      return decodeTrainingState({ manifest: forged, tensors }).then(
        () => 'read',
        (error: Error) => `${error.name} ${error.message}`,
      );
    };
    expect(await refused({})).toBe('read');
    expect(await refused({ progress: { epoch: 0 } })).toMatch(
      /^FormatError training state: state\.progress\.epoch: expected >=1/,
    );
    expect(await refused({ optimizer: null })).toMatch(/state\.optimizer: expected Object, got null/);
    expect(await refused({ callbacks: { ended: false, values: 7 } })).toMatch(
      /state\.callbacks\.values: expected Array/,
    );
    expect(await refused({ order: { seed: { $bigint: '9'.repeat(10 ** 6) } } })).toMatch(/^FormatError .*or damaged/);
    expect(await refused({ average: { updates: { $number: 'x' } } })).toMatch(/^FormatError .*or damaged/);
  });
});
