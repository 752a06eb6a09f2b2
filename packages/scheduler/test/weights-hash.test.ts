/** The fingerprint of a model: SHA-256 of known bytes, in the order of the names. */
import { manualSeed, nn } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { weightsHash } from '../src/train/weights-hash.ts';

/** weight [[1, −2]] and bias [0.5]. */
function knownLinear(): nn.Linear {
  const linear = new nn.Linear(2, 1);
  linear.weight.copyFrom(Float32Array.of(1, -2));
  linear.bias!.copyFrom(Float32Array.of(0.5));
  return linear;
}

describe('weightsHash', () => {
  test('is the SHA-256 of the little-endian f32 bytes, bias before weight', async () => {
    // printf '\x00\x00\x00\x3f\x00\x00\x80\x3f\x00\x00\x00\xc0' | sha256sum: 0.5, 1, −2
    expect(await weightsHash(knownLinear())).toBe('090a217d025391becd6919d10cd2e5cf6b1247e18e9d498b989ee22126ec12dd');
  });

  test('follows the names, not the order of assignment', async () => {
    class Pair extends nn.Module {
      constructor(names: readonly string[]) {
        super();
        for (const name of names) {
          manualSeed(name.charCodeAt(0));
          Object.assign(this, { [name]: new nn.Linear(2, 2) });
        }
      }
      override forward(): never {
        throw new Error('not called');
      }
    }
    expect(await weightsHash(new Pair(['b', 'a']))).toBe(await weightsHash(new Pair(['a', 'b'])));
  });

  test('tells 0 from −0', async () => {
    const [plus, minus] = [knownLinear(), knownLinear()];
    plus.bias!.copyFrom(Float32Array.of(0));
    minus.bias!.copyFrom(Float32Array.of(-0));
    expect(await weightsHash(plus)).not.toBe(await weightsHash(minus));
  });
});
