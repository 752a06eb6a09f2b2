/** The optimizers by the names that the command line has for them. */
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  type GroupOptions,
  Lion,
  Muon,
  type MuonOptions,
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
  if (optimizer === 'muon') return new Muon(muonGroups(model), options);
  return new classes[optimizer](parameters, options);
}

/** Muon for the matrices of hidden layers; AdamW for the first and the last layer and for what is no matrix. */
function muonGroups(model: nn.Module): GroupOptions<MuonOptions>[] {
  const parameters = model.parameters();
  const weights = parameters.filter(({ rank }) => rank > 1);
  const [first, last] = [weights[0], weights.at(-1)];
  const isHidden = (p: nn.Parameter): boolean => p.rank === 2 && p !== first && p !== last;
  const groups = [
    { params: parameters.filter(isHidden) },
    { params: parameters.filter((parameter) => !isHidden(parameter)), useMuon: false },
  ];
  return groups.filter(({ params }) => params.length > 0);
}

/** Whether there is a momentum that a one-cycle schedule can move. */
export function hasMomentum({ optimizer, momentum = 0 }: Pick<RunConfig, 'optimizer' | 'momentum'>): boolean {
  if (optimizer === 'sgd' || optimizer === 'rmsprop') return momentum > 0;
  return !['nadam', 'adagrad', 'adadelta'].includes(optimizer);
}
