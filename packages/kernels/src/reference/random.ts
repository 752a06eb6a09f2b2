/** Naive twins: Philox4x32-10 (Salmon et al., SC'11), uniform and normal deviates, dropout, noise. */
import { f32FromBits } from '../load.ts';
import type { Kernels, Pointer } from '../signatures.ts';
import { cos64, log64, sin64 } from './math64.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

export type Block = [number, number, number, number];

/** High and low 32 bits of the unsigned product of two words. */
function multiply(a: number, b: number): [high: number, low: number] {
  const product = BigInt(a >>> 0) * BigInt(b >>> 0);
  return [Number(product >> 32n), Number(product & 0xffffffffn)];
}

/** One block of ten rounds; all words unsigned. */
export function philoxBlock(counter: Readonly<Block>, key: readonly [number, number]): Block {
  let [x0, x1, x2, x3] = counter;
  let [key0, key1] = key;
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = multiply(0xd2511f53, x0);
    const [high1, low1] = multiply(0xcd9e8d57, x2);
    [x0, x1, x2, x3] = [(high1 ^ x1 ^ key0) >>> 0, low1, (high0 ^ x3 ^ key1) >>> 0, low0];
    key0 = (key0 + 0x9e3779b9) >>> 0;
    key1 = (key1 + 0xbb67ae85) >>> 0;
  }
  return [x0, x1, x2, x3];
}

/** Two deviates of one pair of words, by Box–Muller in f64. */
function boxMuller(w0: number, w1: number): [number, number] {
  const r = Math.sqrt(-2 * log64((w0 + 1) * 2 ** -32));
  const quarter = ((w1 + 0x20000000) >>> 30) & 3;
  const angle = ((w1 - quarter * 2 ** 30) | 0) * 1.4629180792671596e-9; // 2π · 2⁻³²
  const [s, c] = [sin64(angle), cos64(angle)];
  const rotated = [
    [c, s],
    [-s, c],
    [-c, -s],
    [s, -c],
  ] as const;
  const [cosine, sine] = rotated[quarter as 0 | 1 | 2 | 3];
  return [r * cosine, r * sine];
}

export function randomTwins(views: Views): Pick<Kernels, 'philox' | 'uniform' | 'normal' | 'dropout' | 'uniformRows'> {
  const unsigned = (pointer: Pointer): number => views.i32[word(pointer)]! >>> 0;
  const readKey = (key: Pointer): [number, number] => [unsigned(key), unsigned(key + 4)];
  return {
    philox(out, blocks, counter, key) {
      const [c0, c1, c2, c3] = [
        unsigned(counter),
        unsigned(counter + 4),
        unsigned(counter + 8),
        unsigned(counter + 12),
      ];
      for (let b = 0; b < blocks; b++) {
        views.i32.set(philoxBlock([(c0 + b) >>> 0, c1, c2, c3], readKey(key)), word(out) + 4 * b);
      }
    },
    uniform(out, n, key, stream, lowBits, highBits) {
      const low = f32FromBits(lowBits);
      const range = f(f32FromBits(highBits) - low);
      for (let i = 0; i < n; i++) {
        const bits = philoxBlock([i >>> 2, stream >>> 0, 0, 0], readKey(key))[i & 3]!;
        views.f32[word(out) + i] = low + f(range * f((bits >>> 8) * 2 ** -24));
      }
    },
    normal(out, n, key, stream, mean, std) {
      for (let i = 0; i < n; i++) {
        const [w0, w1, w2, w3] = philoxBlock([i >>> 2, stream >>> 0, 0, 0], readKey(key));
        const pair = (i & 2) === 0 ? boxMuller(w0, w1) : boxMuller(w2, w3);
        views.f32[word(out) + i] = f32FromBits(mean) + f32FromBits(std) * pair[i & 1]!;
      }
    },
    dropout(x, out, rows, n, row0, key, step, site, rate) {
      const { f32 } = views;
      const threshold = unsigned(rate);
      const scale = f32[word(rate) + 1]!;
      for (let r = 0; r < rows; r++) {
        for (let e = 0; e < n; e++) {
          const i = e % 32;
          const counter = 4 * Math.floor(e / 32) + ((i % 8) >> 1);
          const block = philoxBlock([counter, (row0 + r) >>> 0, unsigned(step), site >>> 0], readKey(key));
          const bits = (block[i >> 3]! >>> (16 * (i & 1))) & 0xffff;
          const at = r * n + e;
          f32[word(out) + at] = bits >= threshold ? f(f32[word(x) + at]! * scale) : 0;
        }
      }
    },
    uniformRows(out, rows, n, row0, key, step, site) {
      for (let r = 0; r < rows; r++) {
        for (let e = 0; e < n; e++) {
          const i = e % 16;
          const counter = 4 * Math.floor(e / 16) + (i % 4);
          const block = philoxBlock([counter, (row0 + r) >>> 0, unsigned(step), site >>> 0], readKey(key));
          const centred = f(f(block[i >> 2]!) + 0.5);
          views.f32[word(out) + r * n + e] = Math.min(centred * 2 ** -32, 1 - 2 ** -24);
        }
      }
    },
  };
}
