/** What options are when they are left out. */

export const defaults = {
  model: 'seed-net',
  data: 'mnist',
  epochs: 2,
  batchSize: 64,
  optimizer: 'sgd',
  seed: 0,
  lr: { sgd: 0.05, adam: 0.001, adamw: 0.001 },
  momentum: 0.9,
  weightDecay: { sgd: 0, adam: 0, adamw: 0.01 },
} as const;
