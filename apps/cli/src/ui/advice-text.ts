/** Advice for people: a paragraph each for `inspect`, a line each for `train`. */
import { styleText } from 'node:util';
import type { Advice } from '@lockstep/core';
import { wrap } from './wrap.ts';

export function adviceText(advice: readonly Advice[]): string {
  if (advice.length === 0) return 'advice on dropout: none';
  return ['advice on dropout', ...advice.map(paragraph)].join('\n\n');
}

/** A line of `train`. */
export function adviceLine({ severity, place, message, suggestion }: Advice): string {
  return `${severity}: ${place}: ${message}; ${suggestion}`;
}

function paragraph({ rule, severity, place, message, why, suggestion, source }: Advice): string {
  const [first, ...rest] = wrap(`${severity}: ${place}: ${message} [${rule}]`, { indent: '  ' });
  const part = (name: string, text: string): string[] =>
    wrap(text, { first: `  ${name.padEnd(7)}`, indent: ' '.repeat(9) });
  const color = severity === 'warning' ? 'yellow' : 'cyan';
  return [
    styleText(color, first!),
    ...rest,
    ...part('why', why),
    ...part('try', suggestion),
    ...part('source', source),
  ].join('\n');
}
