/**
 * The naive twin of every kernel, over the same memory with the same arguments: scalar loops, `Math.fround` after
 * every f32 operation, in the contract's order. They are the specification that the WebAssembly kernels are tested
 * against, bit for bit.
 */
import type { Kernels } from '../signatures.ts';
import { activationTwins } from './activation.ts';
import { attentionTwins } from './attention.ts';
import { augmentTwins } from './augment.ts';
import { augmentValueTwins } from './augment-values.ts';
import { averageTwins } from './average.ts';
import { batchNormGradTwins, batchNormTwins } from './batch-norm.ts';
import { clipTwins } from './clip.ts';
import { convPoolTwins } from './conv-pool.ts';
import { ctcTwins } from './ctc-loss.ts';
import { depthwiseTwins } from './depthwise.ts';
import { dropoutTwins } from './dropout.ts';
import { elementwiseTwins } from './elementwise.ts';
import { embeddingTwins } from './embedding.ts';
import { gatherTwins } from './gather.ts';
import { gatherAxisTwins } from './gather-axis.ts';
import { groupNormTwins } from './group-norm.ts';
import { layerNormTwins } from './layer-norm.ts';
import { lossTwins } from './losses.ts';
import { mapPixelsTwins } from './map-pixels.ts';
import { memoryTwins } from './memory.ts';
import { metricTwins } from './metrics.ts';
import { optimTwins } from './optim.ts';
import { momentTwins } from './optim-moments.ts';
import { muonTwins } from './optim-muon.ts';
import { squareTwins } from './optim-squares.ts';
import { poolTwins } from './pool.ts';
import { poolConvGradTwins } from './pool-conv-grad.ts';
import { productTwins } from './products.ts';
import { randomTwins } from './random.ts';
import { recurrentTwins } from './recurrent.ts';
import { reduceTwins } from './reduce.ts';
import { rowTwins } from './rows.ts';
import { softmaxTwins } from './softmax.ts';
import { sparseTwins } from './sparse.ts';
import { Views } from './views.ts';
import { welfordTwins } from './welford.ts';
import { winogradConvTwins } from './winograd-conv.ts';

export function createReferenceKernels(memory: WebAssembly.Memory): Kernels {
  const views = new Views(memory);
  return {
    ...memoryTwins(views),
    ...elementwiseTwins(views),
    ...reduceTwins(views),
    ...productTwins(views),
    ...poolTwins(views),
    ...softmaxTwins(views),
    ...randomTwins(views),
    ...dropoutTwins(views),
    ...optimTwins(views),
    ...momentTwins(views),
    ...squareTwins(views),
    ...muonTwins(views),
    ...clipTwins(views),
    ...averageTwins(views),
    ...gatherTwins(views),
    ...sparseTwins(views),
    ...convPoolTwins(views),
    ...poolConvGradTwins(views),
    ...batchNormTwins(views),
    ...batchNormGradTwins(views),
    ...winogradConvTwins(views),
    ...depthwiseTwins(views),
    ...rowTwins(views),
    ...gatherAxisTwins(views),
    ...welfordTwins(views),
    ...augmentTwins(views),
    ...augmentValueTwins(views),
    ...metricTwins(views),
    ...activationTwins(views),
    ...lossTwins(views),
    ...ctcTwins(views),
    ...mapPixelsTwins(views),
    ...layerNormTwins(views),
    ...groupNormTwins(views),
    ...embeddingTwins(views),
    ...recurrentTwins(views),
    ...attentionTwins(views),
  };
}

export { philoxBlock } from './random.ts';
