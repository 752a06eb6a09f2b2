/** Labels of a compiled step: every call has its op, its layer and its share of the FLOPs; none unless asked for. */
import { compile, crossEntropy, defaultArena, gradients, inputTensor, SGD, traceWith } from '@lockstep/core';
import { kernelNames } from '@lockstep/kernels';
import { describe, expect, test } from 'vitest';
import { constantNode, type Program } from '../src/index.ts';
import { MLP } from '../src/models/index.ts';

function stepOf(options: { named: boolean; shards?: number }): Program {
  const model = new MLP([40], 10, { hidden: [48], dropout: 0.5 });
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const names = new Map([...model.namedParameters()].map(([name, { node }]) => [node, name]));
  const traced = traceWith(0, () => {
    const x = inputTensor('x', { shape: [20, 40], dtype: 'f32' });
    const y = inputTensor('y', { shape: [20], dtype: 'i32' });
    const loss = crossEntropy(model.forward(x), y).node;
    const nodes = optimizer.parameters.map(({ node }) => node);
    const updates = gradients(loss, constantNode([], 1), nodes).flatMap((gradient, i) =>
      optimizer.updateNodes(optimizer.parameters[i]!, gradient!, 0),
    );
    return { outputs: [loss], updates };
  });
  const arena = defaultArena();
  const control = { step: 0, indices: 0 };
  const labels = options.named ? { labels: { names } } : {};
  const { program } = compile(traced, { arena, control, batch: 20, shards: options.shards ?? 3, ...labels });
  for (const block of program.blocks) arena.free(block);
  return program;
}

describe('labels', () => {
  test('are absent unless asked for, and change no word', () => {
    const [plain, labelled] = [stepOf({ named: false }), stepOf({ named: true })];
    expect(plain.labels).toBeUndefined();
    expect(labelled.words.length).toBe(plain.words.length);
    expect(labelled.report).toEqual(plain.report);
  });

  test('cover every call, at the place of its kernel number', () => {
    const { words, report, labels } = stepOf({ named: true });
    expect(labels!.positions.length).toBe(report.calls);
    let at = 0;
    labels!.positions.forEach((position, call) => {
      expect([position, words[position]]).toEqual([at, labels!.kernelOf[call]]);
      expect(labels!.ops[labels!.opOf[call]!]!.kernels).toContain(kernelNames[words[position]!]);
      at += 2 + words[at + 1]!;
    });
    expect(at).toBe(words.length);
  });

  test('share out the FLOPs of the products, whatever the cut', () => {
    for (const shards of [1, 3, 20]) {
      const { ops, flopsOf } = stepOf({ named: true, shards }).labels!;
      // Three products of 20×40×48 (no gradient to the input: two) and three of 20×48×10.
      const expected = 2 * (2 * 20 * 40 * 48 + 3 * 20 * 48 * 10);
      expect(ops.reduce((sum, { flops }) => sum + flops, 0)).toBeCloseTo(expected, 6);
      expect(flopsOf.reduce((sum, flops) => sum + flops, 0)).toBeCloseTo(expected, 6);
    }
  });

  test('name layers by their parameters, gradients too, and say why where there was a choice', () => {
    const { ops } = stepOf({ named: true }).labels!;
    const of = (name: string) => ops.filter(({ op }) => op === name);
    expect(of('rowsProduct').map(({ layer, reason }) => [layer, reason])).toEqual([
      ['layers.0', 'dense: few zeros expected'],
      ['layers.1', expect.stringMatching(/^about half zeros/)],
      ['layers.1', 'dense: few zeros expected'],
    ]);
    expect(of('matrixGradient').map(({ layer }) => layer)).toEqual(expect.arrayContaining(['layers.0', 'layers.1']));
    expect(of('update').every(({ layer }) => layer !== '')).toBe(true);
    expect(of('unary relu')).toMatchObject([{ layer: '', bySamples: true, tasks: 3, calls: 3, bytes: 20 * 48 * 4 }]);
  });
});
