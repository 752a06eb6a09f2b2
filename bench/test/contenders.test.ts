/** Every contender of ours runs with next to no work and prints its figure; nothing here is timed. */
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Contender } from '../row.ts';
import { rows } from '../rows/index.ts';
import { runOnce } from '../run.ts';

const ours = new Map<string, { contender: Contender; figure: string }>();
for (const { contenders, figure } of rows) {
  for (const contender of contenders('smoke')) {
    const workers = (JSON.parse(contender.args.at(-1)!) as { workers?: number }).workers;
    // Once a program and work, on two workers where there are two cores.
    const plain = contender.env.LOCKSTEP_REVECTORIZE === '0';
    if (contender.who !== 'lockstep' || plain || workers !== Math.min(2, availableParallelism())) continue;
    ours.set(`${basename(contender.args[0]!)} ${contender.args[1]}`, { contender, figure });
  }
}

describe('contenders of ours print one JSON line with their figure', () => {
  it.each([...ours])('%s', (_command, { contender, figure }) => {
    expect(runOnce(contender)).toHaveProperty(figure, expect.any(Number));
  });
});
