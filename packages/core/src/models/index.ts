/** Ready models: `(inputShape, classes) => Module`. */
export { MLP, type MLPOptions } from './mlp.ts';
export { SeedNet, type SeedNetOptions } from './seed-net.ts';
