/** What a rule of the adviser is. */
import type { Advice } from '../advice.ts';
import type { TracedModel } from '../traced-model.ts';

/** Looks at the traced model and says what it finds, in the order of the forward pass. */
export type Rule = (model: TracedModel) => readonly Omit<Advice, 'rule'>[];

export const srivastava = 'Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting';
