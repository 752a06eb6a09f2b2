/** A profile as a Chrome trace (the Trace Event Format), which chrome://tracing and ui.perfetto.dev show: one track a worker. */
import { kernelName, type Profile, type Span } from './profile.ts';

/** The file's text, one event a line. */
export function chromeTrace({ workers, steps, droppedSteps }: Profile): string {
  const lines = [metadata('process_name', 0, 'lockstep')];
  workers.forEach((spans, worker) => {
    lines.push(metadata('thread_name', worker, `worker ${worker}`));
    for (const step of stepsOf(spans)) lines.push(complete(worker, step));
    for (const span of spans) lines.push(complete(worker, describe(span)));
  });
  const otherData = { steps, droppedSteps };
  return `{"displayTimeUnit":"ms","otherData":${JSON.stringify(otherData)},"traceEvents":[\n${lines.join(',\n')}\n]}\n`;
}

interface Described {
  readonly name: string;
  readonly cat: 'step' | 'phase' | 'wait' | 'kernel';
  readonly startMs: number;
  readonly endMs: number;
  readonly args?: Readonly<Record<string, string | number>>;
}

function metadata(name: string, tid: number, value: string): string {
  return JSON.stringify({ name, ph: 'M', pid: 1, tid, args: { name: value } });
}

/** Both ends are rounded to ns, so that neighbours touch and do not overlap. */
function complete(tid: number, { name, cat, startMs, endMs, args }: Described): string {
  const [start, end] = [Math.round(startMs * 1e6), Math.round(endMs * 1e6)];
  return JSON.stringify({ name, cat, ph: 'X', pid: 1, tid, ts: start / 1e3, dur: (end - start) / 1e3, args });
}

function describe(span: Span): Described {
  const { startMs, endMs } = span;
  if (span.kind === 'call') {
    const { layer, op } = span.op;
    return { name: kernelName(span), cat: 'kernel', startMs, endMs, args: layer ? { layer, op } : { op } };
  }
  const phase = span.phase < 0 ? 'prologue' : `phase ${span.phase}`;
  if (span.kind === 'phase') return { name: phase, cat: 'phase', startMs, endMs };
  return { name: 'barrier', cat: 'wait', startMs, endMs, args: { after: phase } };
}

/** From a worker's first phase of a step to its last barrier. */
function stepsOf(spans: readonly Span[]): Described[] {
  const bounds = new Map<number, { startMs: number; endMs: number }>();
  for (const { step, startMs, endMs } of spans) {
    const known = bounds.get(step);
    bounds.set(step, {
      startMs: Math.min(known?.startMs ?? startMs, startMs),
      endMs: Math.max(known?.endMs ?? endMs, endMs),
    });
  }
  return [...bounds].map(([step, times]) => ({ name: `step ${step}`, cat: 'step', ...times }));
}
