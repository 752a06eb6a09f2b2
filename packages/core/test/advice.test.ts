/** Every rule of the adviser: a model that it is about, and one next to it that it must leave alone. */
import { adviceRules, advise, F, manualSeed, nn, randn, type Tensor } from '@lockstep/core';
import { MLP, ResNet, SeedNet } from '@lockstep/core/models';
import { describe, expect, test } from 'vitest';
import { fc, flatten, GELU, Named, placesOf, relu, saidBy } from './advice-models.ts';

const { BatchNorm1d, Conv2d, Dropout } = nn;
/** x + f(x). */
class Residual extends nn.Module {
  readonly inner: nn.Module;

  constructor(inner: nn.Module) {
    super();
    this.inner = inner;
  }

  override forward(x: Tensor): Tensor {
    return x.add(this.inner.forward(x));
  }
}

describe('models that are as the papers would have them', () => {
  test.each([
    ['seed network', new SeedNet([3, 32, 32], 10), [3, 32, 32]],
    ['MLP', new MLP([1, 28, 28], 10), [1, 28, 28]],
    ['ResNet', new ResNet([3, 32, 32], 10), [3, 32, 32]],
  ] as const)('%s: nothing to say', (_, model, inputShape) => {
    expect(advise(model, { inputShape })).toEqual([]);
  });
});

describe('output-dropout', () => {
  test('dropout on the logits, with only moves and softmax after it', () => {
    const model = new Named({
      fc1: fc(),
      dropout: new Dropout(0.5),
      more: (x) => x.reshape([2, 2, 8]).reshape([2, 16]).softmax(),
    });
    expect(placesOf('output-dropout', model)).toEqual(['warning: dropout, after fc1']);
    expect(saidBy('output-dropout', model, [16])[0]!.why).toContain('zero with probability 0.5');
  });

  test('the second use of one module, and a call of F.dropout in a module', () => {
    const dropout = new Dropout(0.5);
    const twice = new Named({ fc1: fc(), first: dropout, fc2: fc(), second: dropout });
    expect(placesOf('output-dropout', twice)).toEqual(['warning: first (2nd use), after fc2']);
    const head = new Named({ fc: fc(), drop: (x) => F.dropout(x) });
    expect(placesOf('output-dropout', new Named({ head }))).toEqual(['warning: F.dropout in head, after head.fc']);
  });

  test('a way around the last layer counts: x + dropout(f(x)) at the end, but not inside', () => {
    const inner = () => new Residual(new Named({ fc2: fc(), dropout: new Dropout(0.5) }));
    expect(placesOf('output-dropout', new Named({ fc1: fc(), block: inner() }))).toEqual([
      'warning: block.inner.dropout, after block.inner.fc2',
    ]);
    expect(placesOf('output-dropout', new Named({ fc1: fc(), block: inner(), fc3: fc() }))).toEqual([]);
  });

  test('not before the last layer', () => {
    const model = new Named({ fc1: fc(), relu, dropout: new Dropout(0.5), fc2: fc() });
    expect(placesOf('output-dropout', model)).toEqual([]);
  });
});

describe('dropout-before-activation', () => {
  test('sigmoid and tanh: a warning, with the means at x = 1', () => {
    const before = (activation: (x: Tensor) => Tensor) =>
      saidBy(
        'dropout-before-activation',
        new Named({ fc1: fc(), drop: new Dropout(0.5), activation, fc2: fc() }),
        [16],
      );
    // ½·σ(0) + ½·σ(2) = 0.6904, σ(1) = 0.7311; ½·tanh 2 = 0.4820, tanh 1 = 0.7616.
    expect(before((x) => x.sigmoid())).toMatchObject([
      { severity: 'warning', why: expect.stringContaining('at x = 1, 0.69 while training and 0.731 in evaluation') },
    ]);
    expect(before((x) => x.tanh())[0]!.why).toContain('0.482 while training and 0.762 in evaluation');
  });

  test('an activation that only its class names, through a reshape', () => {
    const model = new Named({
      fc1: fc(),
      drop: new Dropout(0.5),
      move: (x) => x.reshape([2, 4, 4]),
      gelu: new GELU(),
      flatten,
      fc2: fc(),
    });
    const [advice, ...more] = saidBy('dropout-before-activation', model, [16]);
    expect(more).toEqual([]);
    // ½·2σ(3.404) = 0.968, σ(1.702) = 0.846
    expect(advice).toMatchObject({ severity: 'warning', message: 'dropout before gelu' });
    expect(advice!.why).toContain('at x = 1, 0.968 while training and 0.846 in evaluation');
  });

  test('an activation that takes no single values is named without numbers', () => {
    class Sigmoid extends nn.Module {
      override forward(x: Tensor): Tensor {
        if (x.rank !== 2) throw new RangeError('rank 2 only');
        return x.sigmoid();
      }
    }
    const model = new Named({ fc1: fc(), drop: new Dropout(0.5), act: new Sigmoid(), fc2: fc() });
    const [advice] = saidBy('dropout-before-activation', model, [16]);
    expect(advice).toMatchObject({ severity: 'warning', why: expect.stringMatching(/has another mean$/) });
  });

  test('ReLU: a suggestion that says that nothing changes', () => {
    const model = new Named({ fc1: fc(), drop: new Dropout(0.5), relu, fc2: fc() });
    expect(saidBy('dropout-before-activation', model, [16])).toMatchObject([
      { severity: 'suggestion', why: expect.stringContaining('value by value') },
    ]);
  });

  test('what is said of ReLU is so: both orders give the same values', () => {
    const x = randn([64, 64], { seed: 3 });
    const drawn = (apply: (draw: (values: Tensor) => Tensor) => Tensor) => {
      manualSeed(5);
      return [...apply((values) => F.dropout(values, { p: 0.3 })).add(0).data];
    };
    expect(drawn((draw) => relu(draw(x)))).toEqual(drawn((draw) => draw(relu(x))));
  });

  test('not after the activation', () => {
    const model = new Named({ fc1: fc(), act: (x) => x.tanh(), drop: new Dropout(0.5), fc2: fc() });
    expect(placesOf('dropout-before-activation', model)).toEqual([]);
  });
});

describe('input-dropout', () => {
  const at = (p: number) => new Named({ flatten, drop: new Dropout(p), fc1: fc() });

  test('above 0.2, through a flatten', () => {
    expect(placesOf('input-dropout', at(0.21), [4, 2, 2])).toEqual(['warning: drop, at the input']);
  });

  test('not at 0.2, and not in hidden layers', () => {
    expect(placesOf('input-dropout', at(0.2), [4, 2, 2])).toEqual([]);
    expect(placesOf('input-dropout', new Named({ fc1: fc(), relu, drop: new Dropout(0.5), fc2: fc() }))).toEqual([]);
  });
});

describe('high-p', () => {
  const hidden = (p: number) => new Named({ fc1: fc(), relu, drop: new Dropout(p), fc2: fc() });

  test('from 0.8 on, with what is left; 1 is everything', () => {
    const [advice] = saidBy('high-p', hidden(0.8), [16]);
    expect(advice).toMatchObject({ severity: 'warning', place: 'drop, after fc1' });
    expect(advice!.why).toContain('of 16 values of a sample 3.2 are kept on average, scaled by 5;');
    expect(saidBy('high-p', hidden(1), [16])[0]!.message).toBe('p = 1 drops everything');
  });

  test('not below', () => {
    expect(placesOf('high-p', hidden(0.79))).toEqual([]);
  });
});

describe('element-dropout-on-maps', () => {
  const maps = (drop: nn.Module) =>
    new Named({ conv: new Conv2d(3, 4, 3), relu, pool: new nn.MaxPool2d(2), drop, flatten, fc: fc(36) });

  /** Channel dropout by the name of its class. */
  class Dropout2d extends nn.DropoutModule {
    override forward(x: Tensor): Tensor {
      return F.dropout(x, this.options());
    }
  }

  test('Dropout on [B, 4, 3, 3]', () => {
    const said = saidBy('element-dropout-on-maps', maps(new Dropout(0.1)), [3, 8, 8]);
    expect(said).toMatchObject([
      {
        severity: 'suggestion',
        place: 'drop, after conv',
        message: 'element-wise dropout on 4 feature maps of 3×3 pixels',
      },
    ]);
  });

  test('not Dropout2d, not flattened maps, not maps of one pixel, not images', () => {
    expect(placesOf('element-dropout-on-maps', maps(new Dropout2d(0.1, {})), [3, 8, 8])).toEqual([]);
    const flat = new Named({ conv: new Conv2d(3, 4, 3), relu, flatten, drop: new Dropout(0.5), fc: fc(144) });
    expect(placesOf('element-dropout-on-maps', flat, [3, 8, 8])).toEqual([]);
    const pixel = new Named({ conv: new Conv2d(3, 4, 8), drop: new Dropout(0.5), flatten, fc: fc(4) });
    expect(placesOf('element-dropout-on-maps', pixel, [3, 8, 8])).toEqual([]);
    const image = new Named({ drop: new Dropout(0.1), conv: new Conv2d(3, 4, 3), flatten, fc: fc(144) });
    expect(placesOf('element-dropout-on-maps', image, [3, 8, 8])).toEqual([]);
  });
});

describe('missing-dropout', () => {
  test('in front of the large layers, after the activation, with the p of the place', () => {
    const model = new Named({
      flatten,
      fc1: fc(192, 100),
      relu,
      fc2: fc(100, 100),
      act: (x) => x.tanh(),
      fc3: fc(100, 10),
    });
    const said = saidBy('missing-dropout', model, [3, 8, 8]);
    expect(said.map(({ severity, place }) => `${severity}: ${place}`)).toEqual([
      'suggestion: before fc1, at the input',
      'suggestion: before fc2, after the relu of fc1',
    ]);
    expect(said.map(({ suggestion }) => /p = [\d.]+( to [\d.]+)?/.exec(suggestion)![0])).toEqual([
      'p = 0.1 to 0.2',
      'p = 0.5',
    ]);
    // (192·100 + 100) of 19 300 + 10 100 + 1010
    expect(said[0]!.message).toBe('no dropout; fc1 holds 63 % of the parameters');
  });

  test('less, and of whole maps, in front of convolutions', () => {
    const model = new Named({
      conv1: new Conv2d(3, 32, 3),
      relu,
      conv2: new Conv2d(32, 64, 3),
      flatten,
      fc: fc(1024, 4),
    });
    const said = saidBy('missing-dropout', model, [3, 8, 8]);
    expect(said.map(({ place }) => place)).toEqual(['before conv2, after the relu of conv1']);
    expect(said[0]!.suggestion).toContain('Dropout2d with p = 0.1 to 0.25');
  });

  test('not where some is, not before batch normalisation, not for small layers', () => {
    const some = new Named({ flatten, fc1: fc(192, 100), relu, drop: new Dropout(0.1), fc2: fc(100, 100) });
    expect(placesOf('missing-dropout', some, [192])).toEqual([]);
    /** Drops weights, by an op that is composed. */
    class DropWeights extends nn.DropoutModule {
      readonly inner = fc(192, 100);
      override forward(x: Tensor): Tensor {
        return F.linear(x, this.inner.weight.mul(0.5));
      }
    }
    expect(placesOf('missing-dropout', new Named({ fc1: new DropWeights(0.5, {}) }), [192])).toEqual([]);
    const normalized = new Named({ fc1: fc(192, 100), bn: new BatchNorm1d(100), relu, fc2: fc(100, 4) });
    expect(placesOf('missing-dropout', normalized, [192])).toEqual([]);
    expect(placesOf('missing-dropout', new Named({ fc1: fc(), relu, fc2: fc() }))).toEqual([]);
  });
});

describe('advise', () => {
  const bad = () => new Named({ drop: new Dropout(0.9), fc1: fc(), act: (x) => x.tanh(), end: new Dropout(0.5) });

  test('each rule can be switched off by its name, and no other with it', () => {
    const all = advise(bad(), { inputShape: [16] }).map(({ rule }) => rule);
    expect(all).toEqual(['output-dropout', 'input-dropout', 'high-p']);
    for (const name of adviceRules) {
      const rest = advise(bad(), { inputShape: [16], disable: [name] }).map(({ rule }) => rule);
      expect(rest).toEqual(all.filter((rule) => rule !== name));
    }
    expect(advise(bad(), { inputShape: [16], disable: [...adviceRules] })).toEqual([]);
  });

  test('warnings come first, and every part says something', () => {
    const model = new Named({ fc1: fc(), a: new Dropout(0.5), relu, b: new Dropout(0.9), fc2: fc() });
    const said = advise(model, { inputShape: [16] });
    expect(said.map(({ severity }) => severity)).toEqual(['warning', 'suggestion']);
    for (const { why, source, suggestion } of said)
      for (const text of [why, source, suggestion]) expect(text.length).toBeGreaterThan(10);
  });

  test('leaves the model as it was: modes, statistics, forward, and the masks that follow', () => {
    const bn = new BatchNorm1d(16);
    const drop = new Dropout(0.5);
    const model = new Named({ fc1: fc(), drop, bn, fc2: fc() });
    drop.training = false;
    const before = Object.entries(model.stateDict()).map(([name, { data }]) => [name, [...data]]);
    expect(advise(model, { inputShape: [16] }).length).toBeGreaterThan(0);
    expect(Object.entries(model.stateDict()).map(([name, { data }]) => [name, [...data]])).toEqual(before);
    expect([drop.training, bn.training, model.training]).toEqual([false, true, true]);
    expect([model, drop, bn].some((module) => Object.hasOwn(module, 'forward'))).toBe(false);
  });

  test('names rules it does not know, shapes that are none, and lets errors of the model through with everything put back', () => {
    const model = bad();
    expect(() => advise(model, { inputShape: [16], disable: ['no' as never] })).toThrow(
      /^advise: disable takes output-dropout, .*, got "no"$/,
    );
    expect(() => advise(model, { inputShape: [0] })).toThrow(RangeError);
    expect(() => advise(model, { inputShape: [7] })).toThrow(/Linear\(16, 16\)/);
    expect([...model.namedModules()].some(([, module]) => Object.hasOwn(module, 'forward'))).toBe(false);
  });
});
