/** The optimizers that the command line and run.json know. */
export const optimizerNames = [
  'sgd',
  'adam',
  'adamw',
  'nadam',
  'radam',
  'adamax',
  'rmsprop',
  'adagrad',
  'adadelta',
  'lion',
  'muon',
] as const;

export type OptimizerName = (typeof optimizerNames)[number];
