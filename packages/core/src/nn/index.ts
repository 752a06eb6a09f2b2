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
  SELU,
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
export {
  MultiheadAttention,
  type MultiheadAttentionConfig,
  type MultiheadAttentionOptions,
  type MultiheadAttentionResult,
} from './attention/multihead-attention.ts';
export type { TransformerLayerConfig } from './attention/transformer-config.ts';
export {
  TransformerDecoder,
  TransformerDecoderLayer,
  type TransformerDecoderOptions,
} from './attention/transformer-decoder.ts';
export {
  TransformerEncoder,
  TransformerEncoderLayer,
  type TransformerEncoderLayerOptions,
  type TransformerEncoderOptions,
} from './attention/transformer-encoder.ts';
export { BatchNorm1d, BatchNorm2d, type BatchNormConfig } from './batch-norm.ts';
export { Buffer } from './buffer.ts';
export { ModuleDict, ModuleList, ParameterList } from './containers.ts';
export type { ConvConfig, ConvTransposeConfig, PaddingMode } from './conv-module.ts';
export { Conv1d, ConvTranspose1d } from './conv1d.ts';
export { Conv2d, type Conv2dConfig, ConvTranspose2d } from './conv2d.ts';
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
export {
  Embedding,
  EmbeddingBag,
  type EmbeddingBagConfig,
  type EmbeddingConfig,
  type PretrainedConfig,
} from './embedding.ts';
export {
  GroupNorm,
  type GroupNormConfig,
  InstanceNorm1d,
  InstanceNorm2d,
  type InstanceNormConfig,
} from './group-norm.ts';
export type { ForwardHook, HookHandle } from './hooks.ts';
export { LayerNorm, type LayerNormConfig, RMSNorm, type RMSNormConfig } from './layer-norm.ts';
export { Flatten, Identity } from './layers.ts';
export { Linear } from './linear.ts';
export { BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, CTCLoss, KLDivLoss, NLLLoss } from './losses/class-losses.ts';
export {
  CosineEmbeddingLoss,
  HingeEmbeddingLoss,
  HuberLoss,
  L1Loss,
  MarginRankingLoss,
  MSELoss,
  SmoothL1Loss,
  TripletMarginLoss,
} from './losses/distance-losses.ts';
export { isModule, type LoadOptions, Module, type StateDict } from './module.ts';
export {
  CircularPad2d,
  ConstantPad1d,
  ConstantPad2d,
  type Padding1d,
  type Padding2d,
  ReflectionPad1d,
  ReflectionPad2d,
  ReplicationPad1d,
  ReplicationPad2d,
  ZeroPad2d,
} from './padding.ts';
export { Parameter, type ParameterOptions } from './parameter.ts';
export { AdaptiveAvgPool1d, AvgPool1d, MaxPool1d } from './pool1d.ts';
export { AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, LPPool2d, MaxPool2d } from './pool2d.ts';
export { GRU } from './recurrent/gru.ts';
export { LSTM, type LSTMOptions, type LSTMResult } from './recurrent/lstm.ts';
export { type RecurrentConfig, RecurrentLayer, type RecurrentOptions } from './recurrent/recurrent-layer.ts';
export { RNN, type RNNConfig, type RNNResult } from './recurrent/rnn.ts';
export { ChannelShuffle, PixelShuffle, PixelUnshuffle, Upsample, type UpsampleConfig } from './resample.ts';
export { Sequential } from './sequential.ts';
export { Bilinear, CosineSimilarity, Unflatten } from './similarity.ts';
