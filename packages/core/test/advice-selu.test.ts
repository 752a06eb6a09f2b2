/** The adviser on SELU: by the rate that a member of the dropout family draws by, and by the name of the activation. */
import { F, nn, Tensor } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { dropoutNode } from '../src/ops/dropout.ts';
import { Named, placesOf, saidBy } from './advice-models.ts';

/** λ·x for x > 0, else λα·(e^x − 1). */
class SELU extends nn.Module {
  override forward(x: Tensor): Tensor {
    const [lambda, alpha] = [1.0507009873554805, 1.6732632423543772];
    return F.relu(x)
      .mul(lambda)
      .add(
        x
          .minimum(0)
          .exp()
          .sub(1)
          .mul(lambda * alpha),
      );
  }
}

/** A layer that draws by the alpha rate, as the family's own does. */
class AlphaDropout extends nn.DropoutModule {
  override forward(x: Tensor): Tensor {
    const rate = { kind: 'alpha' as const, p: this.p, at: undefined };
    return new Tensor(dropoutNode(x.node, { rate, seed: 0, site: 0, scope: 'sample' }));
  }
}

const fc = () => new nn.Linear(16, 16);
const selu = new SELU();
const alpha = () => new AlphaDropout(0.1, {});
const plain = () => new nn.Dropout(0.1);

describe('alpha-dropout', () => {
  test('in a model without SELU', () => {
    const model = new Named({ fc1: fc(), relu: F.relu, drop: alpha(), fc2: fc() });
    expect(placesOf('alpha-dropout', model)).toEqual(['warning: drop, after fc1']);
    expect(saidBy('alpha-dropout', model, [16])[0]!.message).toBe('AlphaDropout in a model without SELU');
    const byFunction = new Named({ fc1: fc(), drop: (x) => alpha().forward(x), fc2: fc() });
    expect(placesOf('alpha-dropout', byFunction)).toEqual(['warning: F.alphaDropout, after fc1']);
  });

  test('not with SELU, and not for Dropout', () => {
    expect(placesOf('alpha-dropout', new Named({ fc1: fc(), selu, drop: alpha(), fc2: fc() }))).toEqual([]);
    expect(placesOf('alpha-dropout', new Named({ fc1: fc(), relu: F.relu, drop: plain(), fc2: fc() }))).toEqual([]);
  });
});

describe('selu-dropout', () => {
  test('Dropout right after SELU, with the variance that it makes', () => {
    const model = new Named({ fc1: fc(), selu, drop: plain(), fc2: fc() });
    expect(placesOf('selu-dropout', model)).toEqual(['warning: drop, after fc1']);
    expect(saidBy('selu-dropout', model, [16])[0]!.why).toContain('with p = 0.1 this makes the variance 1.11');
  });

  test('not AlphaDropout, and not after ReLU', () => {
    expect(placesOf('selu-dropout', new Named({ fc1: fc(), selu, drop: alpha(), fc2: fc() }))).toEqual([]);
    expect(placesOf('selu-dropout', new Named({ fc1: fc(), relu: F.relu, drop: plain(), fc2: fc() }))).toEqual([]);
  });
});

test('alpha dropout keeps the variance that batch normalisation sees, and does not commute with ReLU', () => {
  const model = new Named({ fc1: fc(), selu, drop: alpha(), bn: new nn.BatchNorm1d(16), fc2: fc() });
  expect(placesOf('dropout-before-batch-norm', model)).toEqual([]);
  const before = new Named({ fc1: fc(), drop: alpha(), relu: F.relu, fc2: fc() });
  expect(placesOf('dropout-before-activation', before)).toEqual(['warning: drop, after fc1']);
});
