/** `lockstep evaluate --mc`: Monte-Carlo dropout beside the deterministic pass, and how uncertain right and wrong answers are. */
import type { nn, Tensor } from '@lockstep/core';
import type { Dataset } from '@lockstep/data';
import {
  brierScore,
  expectedCalibrationError,
  type McClassification,
  mcPredict,
  negativeLogLikelihood,
  type PassOptions,
  predict,
} from '@lockstep/scheduler';
import { grouped, percent } from '../ui/format.ts';
import { table } from '../ui/table.ts';

/** How good probabilities are. */
interface Quality {
  readonly accuracy: number;
  /** The mean of −ln p of the right class, in nats. */
  readonly loss: number;
  readonly brierScore: number;
  /** With 15 bins. */
  readonly calibrationError: number;
}

/** Means over some of the samples, in nats; null where there are none. */
interface Uncertainty {
  readonly samples: number;
  readonly predictiveEntropy: number | null;
  readonly expectedEntropy: number | null;
  readonly mutualInformation: number | null;
}

export interface McReport {
  readonly samples: number;
  readonly seed: number;
  readonly deterministic: Quality;
  /** Of the mean probabilities. */
  readonly mean: Quality;
  readonly uncertainty: { readonly all: Uncertainty; readonly right: Uncertainty; readonly wrong: Uncertainty };
}

/** Evaluates both ways on the workers. */
export async function mcReport(
  model: nn.Module,
  data: Dataset,
  options: PassOptions & { samples: number; seed: number },
): Promise<McReport> {
  const { samples, seed, ...how } = options;
  const sampled = await mcPredict(model, data, options);
  const deterministic = await predict(model, data, how);
  const { labels } = data;
  const right = Array.from(sampled.prediction.data, (answer, i) => answer === labels[i]);
  return {
    samples,
    seed,
    deterministic: qualityOf(deterministic, labels),
    mean: qualityOf(sampled.mean, labels),
    uncertainty: {
      all: uncertaintyOf(sampled, () => true),
      right: uncertaintyOf(sampled, (i) => right[i]!),
      wrong: uncertaintyOf(sampled, (i) => !right[i]),
    },
  };
}

function qualityOf(probabilities: Tensor, labels: Int32Array): Quality {
  const of = { probabilities, labels };
  const answers = probabilities.argmax(-1).data;
  return {
    accuracy: answers.reduce((count, answer, i) => count + Number(answer === labels[i]), 0) / labels.length,
    loss: negativeLogLikelihood(of),
    brierScore: brierScore(of),
    calibrationError: expectedCalibrationError(of),
  };
}

function uncertaintyOf(of: McClassification, counts: (i: number) => boolean): Uncertainty {
  const chosen = Array.from(of.prediction.data.keys()).filter(counts);
  const mean = ({ data }: Tensor) =>
    chosen.length === 0 ? null : chosen.reduce((sum, i) => sum + data[i]!, 0) / chosen.length;
  return {
    samples: chosen.length,
    predictiveEntropy: mean(of.predictiveEntropy),
    expectedEntropy: mean(of.expectedEntropy),
    mutualInformation: mean(of.mutualInformation),
  };
}

/** Two tables: what the mean is worth, and what the passes disagree about. */
export function mcTables(report: McReport): string {
  const { deterministic, mean, uncertainty } = report;
  const qualities: [string, (of: Quality) => string][] = [
    ['accuracy', ({ accuracy }) => percent(accuracy)],
    ['loss (nats)', ({ loss }) => loss.toFixed(4)],
    ['Brier score', (of) => of.brierScore.toFixed(4)],
    ['calibration error', ({ calibrationError }) => percent(calibrationError)],
  ];
  const uncertainties: [string, (of: Uncertainty) => string][] = [
    ['samples', ({ samples }) => grouped(samples)],
    ['predictive entropy', (of) => nats(of.predictiveEntropy)],
    ['expected entropy', (of) => nats(of.expectedEntropy)],
    ['mutual information', (of) => nats(of.mutualInformation)],
  ];
  const { all, right, wrong } = uncertainty;
  const numbers = (...titles: string[]) => titles.map((title) => ({ title, align: 'right' as const }));
  return [
    table(
      [{ title: '' }, ...numbers('dropout off', `mean of ${grouped(report.samples)} passes`)],
      qualities.map(([name, show]) => [name, show(deterministic), show(mean)]),
    ),
    '',
    table(
      [{ title: 'mean, in nats' }, ...numbers('all', 'right', 'wrong')],
      uncertainties.map(([name, show]) => [name, show(all), show(right), show(wrong)]),
    ),
  ].join('\n');
}

function nats(value: number | null): string {
  return value === null ? '–' : value.toFixed(4);
}
