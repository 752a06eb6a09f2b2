/** The optimizers by the names that the command line has for them. */
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  Lion,
  NAdam,
  type nn,
  type Optimizer,
  RAdam,
  RMSprop,
  SGD,
} from '@lockstep/core';
import type { RunConfig } from './run-record.ts';

const classes = {
  adam: Adam,
  adamw: AdamW,
  nadam: NAdam,
  radam: RAdam,
  adamax: Adamax,
  adagrad: Adagrad,
  adadelta: Adadelta,
  lion: Lion,
} as const;

/** What a run needs to know to make its optimizer. */
export type OptimizerConfig = Pick<RunConfig, 'optimizer' | 'lr' | 'momentum' | 'weightDecay' | 'maxNorm'>;

export function makeOptimizer(model: nn.Module, config: OptimizerConfig): Optimizer {
  const { optimizer, lr, momentum = 0, weightDecay, maxNorm } = config;
  const options = { lr, weightDecay, ...(maxNorm === undefined ? {} : { maxNorm }) };
  const parameters = model.parameters();
  if (optimizer === 'sgd') return new SGD(parameters, { ...options, momentum });
  if (optimizer === 'rmsprop') return new RMSprop(parameters, { ...options, momentum });
  return new classes[optimizer](parameters, options);
}

/** Whether there is a momentum that a one-cycle schedule can move. */
export function hasMomentum({ optimizer, momentum = 0 }: Pick<RunConfig, 'optimizer' | 'momentum'>): boolean {
  if (optimizer === 'sgd' || optimizer === 'rmsprop') return momentum > 0;
  return !['nadam', 'adagrad', 'adadelta'].includes(optimizer);
}
