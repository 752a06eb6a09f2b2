/** How much larger the variance behind dropout is in training than in evaluation, as batch normalisation would see it. */
import { F, manualSeed, nn, randn } from '@lockstep/core';

const [samples, channels] = [100_000, 8];

/** A Markdown table over p: inputs with mean 0, and after ReLU, where the mean counts too. */
export function varianceShift(): string {
  manualSeed(1);
  const normal = randn([samples, channels]);
  const rectified = F.relu(normal);
  const rows = [0.1, 0.25, 0.5, 0.75].map((p) => {
    // ReLU of a standard normal number: mean 1/√(2π), mean square ½.
    const [square, mean] = [0.5, 1 / Math.sqrt(2 * Math.PI)];
    const keep = 1 - p;
    const expected = (square / keep - mean ** 2) / (square - mean ** 2);
    return [p, 1 / keep, measured(normal, p), expected, measured(rectified, p)];
  });
  const head = ['p', '1 / keep', 'normal input, measured', 'after ReLU, expected', 'after ReLU, measured'];
  return [head, head.map(() => '---:'), ...rows.map((row) => row.map((value, i) => value.toFixed(i === 0 ? 2 : 3)))]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** The running variance that a batch normalisation behind the dropout learns, over what it meets in evaluation. */
function measured(x: ReturnType<typeof randn>, p: number): number {
  const layers = [0, 1].map(() => new nn.BatchNorm1d(channels, { momentum: null }));
  const [training, evaluation] = layers as [nn.BatchNorm1d, nn.BatchNorm1d];
  for (let step = 0; step < 4; step++) training.forward(F.dropout(x, { p }));
  evaluation.forward(x);
  const mean = ({ runningVar }: nn.BatchNorm1d) => runningVar!.data.reduce((sum, value) => sum + value, 0) / channels;
  return mean(training) / mean(evaluation);
}
