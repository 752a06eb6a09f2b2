/** Dropout computed here from Philox alone, by the numbering of the kernels' contract. */
import { philox, streamKey, type Tensor } from '@lockstep/core';

/** Of 65536: p as it is realised. */
const thresholdOf = (p: number) => Math.round(p * 65536);
export const scaleOf = (p: number) => Math.fround(65536 / (65536 - thresholdOf(p)));

/** Which elements are kept, row after row of axis 0. */
export function expectedMask(at: {
  seed: number | bigint;
  rows: number;
  n: number;
  p: number;
  site?: number;
  step?: number;
}): boolean[] {
  const key = streamKey(at.seed, 'dropout');
  const kept: boolean[] = [];
  for (let row = 0; row < at.rows; row++) {
    for (let e = 0; e < at.n; e++) {
      const [group, i] = [Math.floor(e / 32), e % 32];
      const lane = (i % 8) >> 1;
      const word = philox([4 * group + lane, row, at.step ?? 0, at.site ?? 0], key)[Math.floor(i / 8)]!;
      const number = i % 2 === 0 ? word & 0xffff : word >>> 16;
      kept.push(number >= thresholdOf(at.p));
    }
  }
  return kept;
}

export const maskOf = (y: Tensor) => Array.from(y.data, (value) => value !== 0);
