/** From a profile of the last steps to a picture of the workers: when each of them computed. */
import type { Profile } from '@lockstep/scheduler';
import type { BusySpan, LanesPicture } from '../run/messages.ts';

/** Undefined while nothing is recorded. */
export function lanesOf({ workers }: Profile): LanesPicture | undefined {
  const newest = workers.reduce((step, spans) => Math.max(step, spans.at(-1)?.step ?? -1), -1);
  const lanes = workers.map((spans) => spans.filter(({ step, kind }) => step > newest - 2 && kind !== 'call'));
  const all = lanes.flat();
  if (all.length === 0) return undefined;
  const startMs = all.reduce((first, span) => Math.min(first, span.startMs), Number.POSITIVE_INFINITY);
  const endMs = all.reduce((last, span) => Math.max(last, span.endMs), 0);
  return {
    lengthMs: endMs - startMs,
    lanes: lanes.map((spans) => {
      const busy: BusySpan[] = spans
        .filter(({ kind }) => kind === 'phase')
        .map((span) => ({ fromMs: span.startMs - startMs, toMs: span.endMs - startMs }));
      const busyMs = busy.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
      return { busy, utilisation: busyMs / (endMs - startMs) };
    }),
  };
}
