/** Model and optimizer of a run, as the command line makes them. */
import { Adam, AdamW, manualSeed, type nn, type Optimizer, SGD } from '@lockstep/core';
import { MLP, SeedNet } from '@lockstep/core/models';
import type { Dataset } from '@lockstep/data';
import type { RunSettings } from '../run/settings.ts';

type ModelSettings = Pick<RunSettings, 'model' | 'seed' | 'dropout' | 'inputDropout'>;

/** Its parameters are drawn from the seed. @throws RangeError where the network does not fit the samples. */
export function buildModel(settings: ModelSettings, { shape, classes }: Dataset): nn.Module {
  const { model, seed, dropout, inputDropout } = settings;
  manualSeed(seed);
  if (model === 'mlp')
    return new MLP(shape, classes.length, { dropout, ...(inputDropout === undefined ? {} : { inputDropout }) });
  if (shape.length !== 3)
    throw new RangeError(`seed-net: expected images, got samples of shape [${shape.join(', ')}]; choose the MLP`);
  return new SeedNet(shape, classes.length, { dropout });
}

export function buildOptimizer(
  model: nn.Module,
  settings: Pick<RunSettings, 'optimizer' | 'lr' | 'momentum'>,
): Optimizer {
  const { optimizer, lr, momentum } = settings;
  const parameters = model.parameters();
  switch (optimizer) {
    case 'sgd':
      return new SGD(parameters, { lr, momentum });
    case 'adam':
      return new Adam(parameters, { lr });
    case 'adamw':
      return new AdamW(parameters, { lr });
    default:
      return optimizer satisfies never;
  }
}
