/** Callbacks: in which order they are told, and what early stopping and the best checkpoint do. */
import { decodeSafetensors } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import type { RunControl, TrainCallback } from '../src/train/callbacks.ts';
import type { EvaluationEvent } from '../src/train/events.ts';
import { bestCheckpoint, earlyStopping, logger } from '../src/train/known-callbacks.ts';
import { points, tinyNet, tinyRun } from './tiny-problem.ts';

const evaluation = (epoch: number, testLoss: number): EvaluationEvent => ({
  type: 'evaluation',
  epoch,
  step: epoch,
  testLoss,
  testAccuracy: 0.5,
});

/** Hands test losses to a callback, one an epoch; the epoch in which it stops the run. */
async function stopsAt(callback: TrainCallback, losses: readonly number[]): Promise<number | undefined> {
  let stopped: number | undefined;
  for (const [i, loss] of losses.entries()) {
    const stop = () => {
      stopped ??= i + 1;
    };
    await callback.onEvaluation!(evaluation(i + 1, loss), {
      stop,
      aborted: false,
      model: tinyNet(),
      optimizer: {} as never,
    });
  }
  return stopped;
}

test('all are told in order, those that wait are waited for, and a run may be ended', async () => {
  const told: string[] = [];
  const first: TrainCallback = {
    onStep: ({ step }) => {
      told.push(`step ${step}`);
    },
    async onEpochEnd({ epoch }) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      told.push(`epoch ${epoch}`);
    },
    onEvaluation: ({ epoch }, run) => {
      told.push(`evaluation ${epoch}`);
      if (epoch === 2) run.stop();
    },
    onTrainEnd: () => {
      told.push('end');
    },
  };
  const second: TrainCallback = {
    onEpochEnd: ({ epoch }) => {
      told.push(`second ${epoch}`);
    },
  };
  const data = points(8);
  const { result } = await tinyRun({ data, test: data, batchSize: 8, epochs: 9, callbacks: [first, second] });
  const epoch = (n: number) => [`step ${n}`, `epoch ${n}`, `second ${n}`, `evaluation ${n}`];
  expect(told).toEqual([...epoch(1), ...epoch(2), 'end']);
  expect(result).toMatchObject({ epochs: 2, stopped: true });
});

test('callbacks change no bit', async () => {
  const data = points(30);
  const plain = await tinyRun({ data, test: data });
  const callbacks = [logger({ write: () => {} }), earlyStopping({ patience: 50 })];
  expect((await tinyRun({ data, test: data, callbacks })).hash).toBe(plain.hash);
});

test('an exception of a callback ends the run with it', async () => {
  const callbacks = [{ onEpochEnd: () => Promise.reject(new Error('disk full')) }];
  await expect(tinyRun({ callbacks })).rejects.toThrow('disk full');
});

test('a run that its signal ends before the first evaluation ends quietly', async () => {
  const [stop, data] = [new AbortController(), points(9)];
  const callbacks = [earlyStopping(), { onStep: () => stop.abort() }];
  const { result } = await tinyRun({ data, test: data, callbacks, signal: stop.signal });
  expect(result).toMatchObject({ stopped: true, test: undefined });
  await expect(tinyRun({ data, epochs: 1, callbacks: [earlyStopping()] })).rejects.toThrow(
    /monitor testLoss is in no event/,
  );
});

describe('early stopping', () => {
  test('waits for `patience` epochs in a row without improvement by more than minDelta', async () => {
    expect(await stopsAt(earlyStopping({ patience: 2 }), [3, 2, 2.5, 1.9, 2, 1.9, 1])).toBe(6);
    expect(await stopsAt(earlyStopping({ patience: 3 }), [3, 2, 1, 0.5, 0.4])).toBeUndefined();
    expect(await stopsAt(earlyStopping({ patience: 2, minDelta: 0.2 }), [3, 2.9, 2.85, 1])).toBe(3);
    expect(await stopsAt(earlyStopping({ patience: 2, mode: 'max' }), [1, 0.5, 0.4])).toBe(3);
    expect(await stopsAt(earlyStopping({ patience: 2 }), [Number.NaN, Number.NaN])).toBe(2);
  });

  test('restoreBest gives back the weights of the best epoch, and not only the first it sees', async () => {
    const data = points(30);
    const seen: { loss: number; values: number[] }[] = [];
    const keep: TrainCallback = {
      onEvaluation: ({ testLoss }, { model }) => {
        seen.push({ loss: testLoss, values: model.parameters().flatMap((parameter) => [...parameter.data]) });
      },
    };
    let control: RunControl | undefined;
    const atEnd: TrainCallback = {
      onTrainEnd: (run) => {
        control = run;
      },
    };
    const options = {
      data,
      test: data,
      epochs: 6,
      callbacks: [keep, earlyStopping({ patience: 9, mode: 'max', restoreBest: true }), atEnd],
    };
    await tinyRun({ ...options, kind: 'adam', batchSize: 4 });
    // The loss falls, so that the largest is an early one: what is restored is not what the run ended with.
    const best = seen.reduce((most, at) => (at.loss > most.loss ? at : most));
    expect(best).not.toBe(seen.at(-1));
    expect(control!.model.parameters().flatMap((parameter) => [...parameter.data])).toEqual(best.values);
  });

  test.each([
    [{ patience: 0 }, /patience must be a whole number from 1, got 0/],
    [{ mode: 'best' as never }, /mode must be 'min' or 'max', got best/],
    [{ minDelta: -1 }, /minDelta must be a number ≥ 0/],
  ])('refused: %#', (options, message) => {
    expect(() => earlyStopping(options)).toThrow(message);
  });

  test('a number that no event has is an error after the first epoch', async () => {
    await expect(tinyRun({ epochs: 5, callbacks: [earlyStopping({ monitor: 'f1.macro' })] })).rejects.toThrow(
      /monitor f1.macro is in no event of an epoch/,
    );
    const data = points(9);
    const options = { data, test: data, metrics: ['f1'] as const, callbacks: [earlyStopping({ monitor: 'f1.macro' })] };
    await tinyRun({ ...options, epochs: 1 });
  });
});

test('the best checkpoint is saved whenever the number improves, and can be loaded', async () => {
  const saved: { epoch: number; value: number; bytes: Uint8Array }[] = [];
  const losses: number[] = [];
  const data = points(30);
  const save = async (bytes: Uint8Array, { epoch, value }: { epoch: number; value: number }) => {
    saved.push({ epoch, value, bytes });
  };
  await tinyRun({
    data,
    test: data,
    epochs: 6,
    callbacks: [bestCheckpoint({ save })],
    onEvent: (event) => event.type === 'evaluation' && losses.push(event.testLoss),
  });
  const improving = losses.flatMap((loss, i) => (loss < Math.min(...losses.slice(0, i)) ? [i + 1] : []));
  expect(saved.map(({ epoch }) => epoch)).toEqual(improving);
  expect(saved.at(-1)!.value).toBe(Math.min(...losses));
  const model = tinyNet(8);
  model.loadStateDict(decodeSafetensors(saved.at(-1)!.bytes).tensors);
});

test('the logger writes a line for epochs, evaluations and every k-th step', async () => {
  const lines: string[] = [];
  const data = points(12);
  const write = (line: string) => lines.push(line);
  await tinyRun({ data, test: data, batchSize: 4, epochs: 1, callbacks: [logger({ write, every: 2 })] });
  expect(lines.map((line) => line.replace(/[\d.]{4,}|\d+(?= samples)/g, '#'))).toEqual([
    'step 2: loss #',
    'epoch 1: loss #, accuracy #, # samples/s',
    'epoch 1: test loss #, test accuracy #',
  ]);
});
