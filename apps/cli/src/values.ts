/** Parsers of option values: text → checked value, or a UsageError that quotes the option and the text. */
import { type DropoutSchedule, dropoutScheduleKinds } from '@lockstep/core';
import type { SnapshotInterval } from '@lockstep/scheduler';
import { UsageError } from './errors.ts';
import { suggestion } from './suggest.ts';

type Parser<T> = (text: string) => T;

/** A whole number in [least, most]. */
export function whole(option: string, least: number, most: number = Number.MAX_SAFE_INTEGER): Parser<number> {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  return (text) => {
    const value = numberOf(text);
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw wrong(option, { expected: `a whole number ${range}`, text, example: String(Math.max(least, 1)) });
  };
}

/** A finite number that `accepts`, described by `expected`. */
export function real(
  option: string,
  rule: { expected: string; example: string; accepts(value: number): boolean },
): Parser<number> {
  return (text) => {
    const value = numberOf(text);
    if (Number.isFinite(value) && rule.accepts(value)) return value;
    throw wrong(option, { ...rule, text });
  };
}

/** A number in [0, 1]. */
export function probability(option: string): Parser<number> {
  const accepts = (value: number): boolean => value >= 0 && value <= 1;
  return real(option, { expected: 'a probability from 0 to 1', example: '0.25', accepts });
}

/** One of the words. */
export function oneOf<T extends string>(option: string, words: readonly T[]): Parser<T> {
  return (text) => {
    const word = words.find((known) => known === text);
    if (word !== undefined) return word;
    const hint = suggestion(text, words, `Use ${option} ${words[0]}.`);
    throw new UsageError({ where: option, expected: words.join(', '), got: JSON.stringify(text), hint });
  };
}

/** `3x32x32` → [3, 32, 32]. */
export function shape(option: string): Parser<number[]> {
  return (text) => {
    const extents = text.split(/[x×]/).map(numberOf);
    if (extents.every((extent) => Number.isSafeInteger(extent) && extent > 0)) return extents;
    throw wrong(option, { expected: 'whole numbers from 1 joined by x', text, example: '3x32x32' });
  };
}

/** `early:500` → { kind: 'early', steps: 500 }; `constant` alone has no steps. */
export function dropoutSchedule(option: string): Parser<DropoutSchedule> {
  return (text) => {
    const [kind, steps, ...rest] = text.split(':');
    const count = numberOf(steps ?? '');
    if (kind === 'constant' && steps === undefined) return { kind };
    if (kind !== 'constant' && dropoutScheduleKinds.some((known) => known === kind) && rest.length === 0) {
      if (Number.isSafeInteger(count) && count >= 1) return { kind, steps: count } as DropoutSchedule;
    }
    const expected = `${dropoutScheduleKinds.slice(1).join(', ')} with a number of steps, or constant`;
    throw wrong(option, { expected, text, example: 'early:1000' });
  };
}

const minutesIn: Readonly<Record<string, number>> = { s: 1 / 60, m: 1, h: 60 };

/** `500` steps, `30s`, `10m`, `1h`, `2epochs`; `none` is an interval without anything. */
export function snapshotInterval(option: string): Parser<SnapshotInterval> {
  return (text) => {
    if (text === 'none') return {};
    const [, number = '', unit = ''] = /^([\d.]+)([a-z]*)$/.exec(text) ?? [];
    const value = numberOf(number);
    const minutes = minutesIn[unit];
    if (minutes !== undefined && value > 0) return { minutes: value * minutes };
    if (Number.isSafeInteger(value) && value >= 1) {
      if (unit === '') return { steps: value };
      if (unit === 'epoch' || unit === 'epochs') return { epochs: value };
    }
    const expected = 'a number of steps, a time as 30s, 10m or 1h, epochs as 2epochs, or none';
    throw wrong(option, { expected, text, example: '10m' });
  };
}

/** NaN for anything that is not wholly a number. */
function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

function wrong(option: string, at: { expected: string; text: string; example: string }): UsageError {
  return new UsageError({
    where: option,
    expected: at.expected,
    got: at.text.trim() === '' ? 'nothing' : at.text,
    hint: `For example: ${option} ${at.example}.`,
  });
}
