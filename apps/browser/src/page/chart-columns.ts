/** From the histories of the runs to the columns of a chart: smoothed, and thinned where there are more steps than a screen has room for. */
import type { Histories, RunHistory, StepFigures } from '../run/messages.ts';

export type Column = (number | null)[];

/** Points of a line at most. */
const mostPoints = 1500;
/** Weight of the newest step in the running mean. */
const newest = 0.05;

/** Steps; then of each run: the running mean while training, and the test data. */
export function chartColumns(
  histories: Histories,
  what: 'loss' | 'accuracy',
): [number[], Column, Column, Column, Column] {
  const { main, plain } = histories;
  const longest = Math.max(main.steps.at(-1)?.step ?? 0, plain.steps.at(-1)?.step ?? 0);
  const stride = 2 ** Math.max(0, Math.ceil(Math.log2(longest / mostPoints)));
  const evaluated = [...main.evaluations, ...plain.evaluations].map(({ step }) => step);
  const shown = new Set(evaluated);
  for (let step = stride; step <= longest; step += stride) shown.add(step);
  const steps = [...shown].sort((a, b) => a - b);
  return [
    steps,
    means(main, steps, what),
    tests(main, steps, what),
    means(plain, steps, what),
    tests(plain, steps, what),
  ];
}

/** A mean that weighs later steps more, without the bias of its beginning. */
function means({ steps: figures }: RunHistory, at: readonly number[], what: 'loss' | 'accuracy'): Column {
  let [sum, weight, next] = [0, 0, 0];
  return at.map((step) => {
    let found = false;
    for (; next < figures.length && figures[next]!.step <= step; next++) {
      sum += newest * (figures[next]![what] - sum);
      weight += newest * (1 - weight);
      found = true;
    }
    return found ? sum / weight : null;
  });
}

function tests({ evaluations }: RunHistory, at: readonly number[], what: 'loss' | 'accuracy'): Column {
  const byStep = new Map(evaluations.map((evaluation: StepFigures) => [evaluation.step, evaluation[what]]));
  return at.map((step) => byStep.get(step) ?? null);
}
