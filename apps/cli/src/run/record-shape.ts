/** What run.json must look like: a folder of a run may come from anywhere. */
import { isAbsolute } from 'node:path';
import * as v from 'valibot';
import { optimizerNames } from './optimizer-names.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const place = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const curve: v.GenericSchema = v.looseObject({ kind: v.string(), schedules: v.optional(v.array(v.lazy(() => curve))) });

const config = v.object({
  // A relative path would let a folder bring a program along that is run when the folder is looked at.
  model: v.pipe(
    v.string(),
    v.check((model) => !/[\\/.]/.test(model) || isAbsolute(model), 'a name or an absolute path'),
  ),
  data: v.string(),
  label: v.optional(v.string()),
  epochs: place,
  batchSize: place,
  accumulate: v.optional(place),
  optimizer: v.picklist(optimizerNames),
  lr: v.number(),
  momentum: v.optional(v.number()),
  weightDecay: v.number(),
  lrSchedule: v.optional(curve),
  clipNorm: v.optional(v.number()),
  onNonFinite: v.optional(v.picklist(['stop', 'skip', 'rollback'])),
  dropout: v.optional(v.number()),
  dropoutSchedule: v.optional(curve),
  maxNorm: v.optional(v.number()),
  augment: v.optional(v.array(v.looseObject({ kind: v.string() }))),
  metrics: v.optional(v.array(v.string())),
  seed: v.pipe(v.number(), v.safeInteger()),
  workers: place,
  shards: place,
  limit: v.optional(place),
  evalLimit: v.optional(place),
});

const record = v.looseObject({
  status: v.picklist(['running', 'completed', 'interrupted', 'failed']),
  startedAt: v.pipe(v.string(), v.isoTimestamp()),
  config,
  dataset: v.object({
    shape: v.pipe(v.array(place), v.maxLength(8)),
    classes: v.array(v.string()),
    trainCount: count,
    testCount: count,
  }),
  result: v.optional(v.looseObject({ epochs: count })),
});

/** What is wrong with a record and where, in a line; undefined: nothing. */
export function recordProblem(content: unknown): string | undefined {
  const { issues } = v.safeParse(record, content, { abortEarly: true });
  if (!issues) return undefined;
  const [{ type, expected, received, message }] = issues;
  const wanted = type === 'check' ? message : (expected ?? type.replaceAll('_', ' '));
  return `${v.getDotPath(issues[0]) ?? 'it'}: expected ${wanted}, got ${received.slice(0, 80)}`;
}
