/** The exports of `@lockstep/core` that compute something, and what has to be proved of each. */
import * as core from '@lockstep/core';
import { F, lrScheduleKinds, nn, Optimizer, Tensor } from '@lockstep/core';
import { type Proof, proofs, type Row } from './proves.ts';

const words = (...lines: string[]) => lines.flatMap((line) => line.split(' '));
const methodsOf = (...lines: string[]) => words(...lines).map((name) => `Tensor.${name}`);

/** Exports that compute nothing of their own, by the reason why nothing has to be proved of them. */
export const exempt: Readonly<Record<string, readonly string[]>> = {
  'what layers are made of': words(
    'nn.Module nn.isModule nn.Parameter nn.Buffer nn.DropoutModule nn.RecurrentLayer Optimizer',
  ),
  'checks of arguments': words(
    'F.pair F.checkPair F.checkProbability checkLrSchedule checkDropoutSchedule checkClipOptions',
  ),
  'numbers, computed once by the main thread': words(
    'nn.dropPathRates scheduledLr scheduledMomentum withWarmup scheduledP RateTable power sizeOf',
  ),
  'reading, writing and printing of values': methodsOf('item toArray toString copyFrom backward detach'),
  'what methods of tensors are made of': methodsOf('constructor derive constant unary binary reduction'),
  'creation of tensors': words(
    'Tensor tensor empty full fullLike ones onesLike zeros zerosLike arange linspace eye rand randn',
    'inputTensor tensorOf tensorsOf markWritten',
  ),
  'random numbers, compared with published vectors': words(
    'philox permutation weightedDraws streamKey workerSeed manualSeed',
  ),
  'transforms of images, of the data and not of the model': words(
    'randomCrop randomHorizontalFlip randomVerticalFlip randomAffine randomRotation randomErasing colorJitter cutout',
    'mixup cutmix MixTable augmentedSource isBatchTransform mixedCorrect mixedLoss',
  ),
  'tracing, compilation and running': words(
    'compile fuse gradients realize link runPhases runTask kernelTable shardBounds traceWith tracedEffects',
    'tracedDropoutCalls computedFrom fixedValues constantNode gradientNorm confusionNode storeBatchNode topKNode',
    'welfordNode nonFiniteNode topologicalOrder Arena ByteCounter defaultArena correctPredictions',
  ),
  'advice, files, states and errors': words(
    'advise dropoutPlaces decodeSafetensors encodeSafetensors readSafetensors',
    'loadOptimizerState optimizerState optimizerTensors FormatError OutOfMemoryError ShapeError TensorStateError',
  ),
};

/** Results without a gradient: numbers of elements, comparisons, conversions. */
const withoutGradient = new Set([
  ...methodsOf('eq ne lt le gt ge isnan isinf isfinite any all countNonzero to argmax argmin argsort'),
  ...words('F.oneHot F.sinusoidalPositions'),
]);

/** Applied in the main thread, between steps. */
const goldenOnly = new Set(words('WeightAverage ReduceLROnPlateau clipGradNorm clipGradValue'));

function needsOf(name: string, value: unknown): readonly Proof[] {
  if (goldenOnly.has(name)) return ['golden'];
  if (isOptimizer(value)) return ['golden', 'bits'];
  return withoutGradient.has(name) ? ['golden', 'bits'] : proofs;
}

const isOptimizer = (value: unknown) => typeof value === 'function' && value.prototype instanceof Optimizer;

/** The methods of tensors, those of the class of each family among them. */
function methods(): [string, unknown][] {
  const found = new Map<string, unknown>();
  for (let at: object = Tensor.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof value === 'function') found.set(`Tensor.${name}`, value);
  }
  return [...found];
}

/** Every function and class that is exported, by its first name; a second name of the same one is no other export. */
export function exported(): Map<string, unknown> {
  const of = (prefix: string, names: object): [string, unknown][] =>
    Object.entries(names)
      .filter(([, value]) => typeof value === 'function')
      .map(([name, value]) => [`${prefix}${name}`, value]);
  const seen = new Set<unknown>();
  return new Map(
    [...of('nn.', nn), ...of('F.', F), ...methods(), ...of('', core)].filter(([, value]) => {
      const first = !seen.has(value);
      seen.add(value);
      return first;
    }),
  );
}

/** The rows of the table of conformance: every export that is not exempt, then the kinds of learning-rate schedules. */
export function surface(): Row[] {
  const without = new Set(Object.values(exempt).flat());
  return [
    ...[...exported()]
      .filter(([name]) => !without.has(name))
      .map(([name, value]) => ({ name, needs: needsOf(name, value) })),
    ...lrScheduleKinds.map((kind) => ({ name: `schedule.${kind}`, needs: ['golden'] as const })),
  ];
}
