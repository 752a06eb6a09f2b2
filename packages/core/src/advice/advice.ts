/** What the adviser says, and what it can be told to leave out. */

/** The names of the rules, in the order in which they are tried. */
export const adviceRules = [
  'output-dropout',
  'dropout-before-batch-norm',
  'dropout-before-activation',
  'input-dropout',
  'high-p',
  'alpha-dropout',
  'selu-dropout',
  'element-dropout-on-maps',
  'missing-dropout',
] as const;

export type RuleName = (typeof adviceRules)[number];

export interface Advice {
  readonly rule: RuleName;
  /** `warning`: it changes results for the worse, or does not do what it seems to do. `suggestion`: worth trying. */
  readonly severity: 'warning' | 'suggestion';
  /** Where in the model, such as `dropout (2nd use), after fc1`. */
  readonly place: string;
  /** What is there, in one line. */
  readonly message: string;
  /** Why that matters, with the numbers of this place. */
  readonly why: string;
  /** Where it is written: paper and section. */
  readonly source: string;
  /** What to do. */
  readonly suggestion: string;
}

/** A number for a sentence: at most three significant digits. */
export function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}
