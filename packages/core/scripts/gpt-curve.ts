/**
 * The losses of a small GPT beside PyTorch's from the same weights, over 200 steps; fails where they differ by 1e-3 or more.
 * Run: node --conditions=@lockstep/source packages/core/scripts/gpt-curve.ts
 */
import { expectedLosses, trainGPT } from '../test/gpt-run.ts';

const losses = trainGPT(expectedLosses.length, 2);
const differences = losses.map((loss, step) => Math.abs(loss - expectedLosses[step]!));
console.log('step   loss      PyTorch   difference');
for (let step = 0; step < losses.length; step += step < 10 ? 1 : 10) {
  const [loss, expected] = [losses[step]!.toFixed(6), expectedLosses[step]!.toFixed(6)];
  console.log(`${String(step).padEnd(6)} ${loss}  ${expected}  ${differences[step]!.toExponential(1)}`);
}
const largest = Math.max(...differences);
console.log(`largest difference ${largest.toExponential(2)} at step ${differences.indexOf(largest)}`);
if (!(largest < 1e-3)) throw new Error('the curves differ by 1e-3 or more');
