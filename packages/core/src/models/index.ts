/** Ready models: `(inputShape, classes) => Module`. */
export { MLP, type MLPOptions } from './mlp.ts';
export { ResNet, type ResNetOptions, resNet18 } from './resnet.ts';
export { SeedNet, type SeedNetOptions } from './seed-net.ts';
