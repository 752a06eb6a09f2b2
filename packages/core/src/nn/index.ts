/** The layers: `nn.Linear`, `nn.Dropout`, … */
export { BatchNorm1d, BatchNorm2d, type BatchNormConfig } from './batch-norm.ts';
export { Buffer } from './buffer.ts';
export { Conv2d, type Conv2dConfig } from './conv2d.ts';
export { AlphaDropout } from './dropout/alpha-dropout.ts';
export {
  ConcreteDropout,
  type ConcreteDropoutConfig,
  type ConcreteRegularization,
} from './dropout/concrete-dropout.ts';
export { DropBlock2d, type DropBlockConfig } from './dropout/drop-block.ts';
export { type DropConnectConfig, DropConnectLinear } from './dropout/drop-connect.ts';
export { DropPath, type DropPathConfig, dropPathRates } from './dropout/drop-path.ts';
export { Dropout } from './dropout/dropout.ts';
export { type DropoutConfig, DropoutModule } from './dropout/dropout-module.ts';
export { Dropout1d, SpatialDropout1d } from './dropout/dropout1d.ts';
export { Dropout2d, SpatialDropout2d } from './dropout/dropout2d.ts';
export { Dropout3d, SpatialDropout3d } from './dropout/dropout3d.ts';
export { FeatureAlphaDropout } from './dropout/feature-alpha-dropout.ts';
export { GaussianDropout } from './dropout/gaussian-dropout.ts';
export { LockedDropout, VariationalDropout } from './dropout/locked-dropout.ts';
export { type MultiSampleConfig, MultiSampleDropout } from './dropout/multi-sample-dropout.ts';
export { Flatten, Identity, ReLU, SELU } from './layers.ts';
export { Linear } from './linear.ts';
export { isModule, type LoadOptions, Module, type StateDict } from './module.ts';
export { Parameter } from './parameter.ts';
export { AvgPool2d, MaxPool2d } from './pool2d.ts';
export { Sequential } from './sequential.ts';
