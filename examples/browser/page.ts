import { train } from '@lockstep/browser';

// Points of a square, and whether they lie in a circle.
const count = 2000;
const features = Float32Array.from({ length: 2 * count }, (_, i) => ((i * 0.7548776662) % 2) - 1);
const isInside = (_: unknown, i: number) => (features[2 * i]! ** 2 + features[2 * i + 1]! ** 2 < 0.6 ? 1 : 0);
const labels = Int32Array.from({ length: count }, isInside);
const part = (from: number, to: number) => ({
  ...{ features: features.slice(2 * from, 2 * to), labels: labels.slice(from, to), shape: [2] },
});

const output = document.querySelector('output')!;
const { testAccuracy, weightsHash } = await train({
  data: { kind: 'arrays', train: part(0, 1600), test: part(1600, count) },
  ...{ model: 'mlp', dropout: 0.1, optimizer: 'adam', epochs: 5 },
  onUpdate: (update) => {
    if (update.type === 'evaluation') output.value = `epoch ${update.epoch}: loss ${update.loss.toFixed(3)}`;
  },
});
output.value = `${(100 * testAccuracy!).toFixed(1)} % right, weights ${weightsHash}`;
