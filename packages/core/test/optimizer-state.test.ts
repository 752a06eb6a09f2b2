/** The state of optimizers and plateaus as plain data: taken, kept as JSON, and put into fresh objects. */
import { expect, test } from 'vitest';
import {
  Adam,
  full,
  loadOptimizerState,
  nn,
  type Optimizer,
  optimizerState,
  optimizerTensors,
  ReduceLROnPlateau,
  SGD,
} from '../src/index.ts';

const parameter = () => new nn.Parameter(full([2], 1));
const sgd = () =>
  new SGD([{ params: [parameter()], maxNorm: 3 }, { params: [parameter(), parameter()] }], { lr: 0.1, momentum: 0.9 });
const kept = <T>(value: T): T => JSON.parse(JSON.stringify(value));

test('steps and options of every group come back, options that are not set too', () => {
  const first = sgd();
  first.steps = 12;
  first.lr = 0.05;
  const state = kept(optimizerState(first));
  expect(state).toMatchObject({
    name: 'SGD',
    steps: 12,
    groups: [{ params: 1 }, { params: 2, options: { lr: 0.05 } }],
  });
  const second = new SGD([{ params: [parameter()] }, { params: [parameter(), parameter()], maxNorm: 1 }], {
    momentum: 0.5,
  });
  loadOptimizerState(second, state);
  expect(second.steps).toBe(12);
  const optionsOf = ({ groups }: Optimizer) => groups.map(({ params: _, ...options }) => options);
  expect(optionsOf(second)).toEqual(optionsOf(first));
  expect(second.hyper(12)).toEqual(first.hyper(12));
});

test('tensors are named by the place of their parameter', () => {
  const names = (optimizer: Optimizer) => [...optimizerTensors(optimizer)].map(([name]) => name);
  expect(names(sgd())).toEqual(['0.momentum_buffer', '1.momentum_buffer', '2.momentum_buffer']);
  expect(names(new Adam([parameter()]))).toEqual(['0.exp_avg', '0.exp_avg_sq']);
});

test('the state of another optimizer or of other groups is refused, and nothing is changed', () => {
  const optimizer = sgd();
  expect(() => loadOptimizerState(optimizer, optimizerState(new Adam([parameter()])))).toThrow(
    'optimizer state: expected that of SGD with 2 groups of 1, 2 parameters, got that of Adam with one group of 1 parameters',
  );
  expect(optimizer.lr).toBe(0.1);
});

test.each([
  [
    'an option that it does not have',
    { momentun: 0.9 },
    /expected options .*lr.* in group 0, got momentun of kind number/,
  ],
  ['a prototype', JSON.parse('{"__proto__":{"lr":1}}'), /got __proto__ of kind object/],
  ['a text for a number', { lr: '0.1' }, /got lr of kind string/],
  ['a list of another length', { betas: [0.9] }, /got betas of kind 1 × number/],
  ['the parameters', { params: 3 }, /got params of kind number/],
])('a state with %s is refused, with nothing changed', (_, options, message) => {
  const optimizer = new Adam([parameter()], { lr: 0.5 });
  const before = Object.entries(optimizer.groups[0]!);
  const state = { name: 'Adam', steps: 9, groups: [{ params: 1, options }] };
  expect(() => loadOptimizerState(optimizer, state)).toThrow(message);
  expect([optimizer.steps, Object.entries(optimizer.groups[0]!)]).toEqual([0, before]);
});

test('a plateau goes on where it was', () => {
  const measures = [3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1];
  const run = (stops: boolean) => {
    let optimizer = new SGD([parameter()], { lr: 1 });
    const options = { patience: 1, cooldown: 1, factor: 0.5 };
    let plateau = new ReduceLROnPlateau(optimizer, options);
    return measures.map((measure) => {
      plateau.step(measure);
      const { lr } = optimizer;
      if (stops) {
        const state = kept(plateau.stateDict());
        optimizer = new SGD([parameter()], { lr });
        plateau = new ReduceLROnPlateau(optimizer, options);
        plateau.loadStateDict(state);
      }
      return lr;
    });
  };
  const undisturbed = run(false);
  expect(new Set(undisturbed).size).toBeGreaterThan(2);
  expect(run(true)).toEqual(undisturbed);
});
