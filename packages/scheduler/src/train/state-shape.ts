/** What the JSON of a checkpoint must look like. Values that only their owner understands (options, callbacks' own) stay as they are. */
import * as v from 'valibot';

/** Losses may be NaN. */
const real = v.union([v.number(), v.nan()]);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const place = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const anything = v.record(v.string(), v.unknown());
const figures = { epoch: place, trainLoss: real, testLoss: real };

const evaluation = v.object({
  epoch: place,
  step: count,
  result: v.looseObject({ loss: real, accuracy: real, samples: count }),
});

const progress = v.object({
  epoch: place,
  stepsDone: count,
  told: v.boolean(),
  sums: v.object({ loss: real, right: real, samples: count }),
  epochs: count,
  trainLoss: real,
  evaluation: v.optional(evaluation),
});

const order = v.object({
  seed: v.union([v.number(), v.bigint()]),
  shuffle: v.boolean(),
  batchSize: place,
  samples: count,
  sampler: v.optional(v.pipe(v.string(), v.maxLength(80))),
  validationSplit: v.optional(v.object({ fraction: v.number(), stratify: v.optional(v.boolean()) })),
  augment: v.optional(v.array(v.looseObject({ kind: v.string() }))),
});

const state = v.looseObject({
  weights: v.object({ from: count, to: count }),
  order,
  progress,
  optimizer: v.object({
    name: v.string(),
    steps: count,
    groups: v.array(v.object({ params: count, options: anything })),
  }),
  average: v.optional(v.object({ policy: v.unknown(), updates: count })),
  plateau: v.optional(v.object({ best: real, numBadEpochs: count, cooldownCounter: count })),
  adviser: v.optional(
    v.object({
      epochs: v.array(v.object({ ...figures, testAccuracy: v.optional(real), p: real })),
      said: v.array(v.picklist(['overfitting', 'underfitting'])),
    }),
  ),
  callbacks: v.optional(v.object({ ended: v.boolean(), values: v.array(v.nullable(anything)) })),
});

const manifest = v.looseObject({
  step: count,
  weightsHash: hash,
  tensors: v.object({ bytes: count, sha256: hash }),
  state,
  notes: v.optional(anything),
});

/** What is wrong with a manifest and where, in a line; undefined: nothing. */
export function manifestProblem(content: unknown): string | undefined {
  const { issues } = v.safeParse(manifest, content, { abortEarly: true });
  if (!issues) return undefined;
  const [{ type, expected, received }] = issues;
  return `${v.getDotPath(issues[0]) ?? 'it'}: expected ${expected ?? type.replaceAll('_', ' ')}, got ${received.slice(0, 80)}`;
}
