/** The layers: `nn.Linear`, `nn.Dropout`, … */
export {
  ELU,
  GELU,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  Mish,
  PReLU,
  type PReLUConfig,
  ReLU,
  ReLU6,
  SiLU,
  Threshold,
} from './activations/rectifiers.ts';
export {
  GLU,
  Hardshrink,
  Hardsigmoid,
  LogSigmoid,
  LogSoftmax,
  Sigmoid,
  Softmax,
  Softplus,
  Softshrink,
  Softsign,
  Tanh,
  Tanhshrink,
} from './activations/squashers.ts';
export { BatchNorm1d, BatchNorm2d, type BatchNormConfig } from './batch-norm.ts';
export { Buffer } from './buffer.ts';
export { Conv2d, type Conv2dConfig } from './conv2d.ts';
export { Dropout } from './dropout/dropout.ts';
export { type DropoutConfig, DropoutModule } from './dropout/dropout-module.ts';
export { Flatten, Identity } from './layers.ts';
export { Linear } from './linear.ts';
export { isModule, type LoadOptions, Module, type StateDict } from './module.ts';
export { Parameter } from './parameter.ts';
export { AvgPool2d, MaxPool2d } from './pool2d.ts';
export { Sequential } from './sequential.ts';
