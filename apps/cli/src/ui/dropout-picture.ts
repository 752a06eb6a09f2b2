/** Draws what dropout does: cells shaded by value, before and after, in at most 100 columns. */
import { styleText } from 'node:util';
import type { DropoutDraw } from '../model/dropout-draw.ts';
import { grouped } from './format.ts';
import { wrap } from './wrap.ts';

type Rows = readonly (readonly number[])[];

const shades = ['░', '▒', '▓', '█'];
const axisWidth = 41;

export function dropoutPicture(draw: DropoutDraw): string {
  const { p, places, seed, activations, mask, training, evaluation } = draw;
  const kept = mask.flat().filter((value) => value === 1).length;
  const most = Math.max(...activations.flat(), ...training.flat());
  const cells = (rows: Rows): string => shaded(rows, { most, mask: rows === training ? mask : undefined });
  const scale = p < 1 ? `kept values × 1/(1 − p) = ${(1 / (1 - p)).toPrecision(3)}` : 'nothing is kept';
  const of = places.length > 0 ? wrap(`p of: ${places.join(' · ')}`) : [];
  const mean = (rows: Rows): string => (rows.flat().reduce((a, b) => a + b, 0) / rows.flat().length).toFixed(3);
  return [
    bold(`dropout with p = ${p}, seed ${seed}`),
    ...of,
    '',
    `activations before: ${activations.length} samples of ${activations[0]!.length}, mean ${mean(activations)}`,
    cells(activations),
    '',
    `mask: 1 = kept, · = dropped; ${kept} of ${mask.flat().length} kept in this draw, ${(1 - p).toFixed(3)} of all are expected`,
    maskRows(mask),
    '',
    `while training: ${scale}; mean ${mean(training)} in this draw, ${p < 1 ? `${mean(activations)} on average` : '0 always'}`,
    cells(training),
    '',
    `in evaluation: the activations themselves, mean ${mean(evaluation)}`,
    cells(evaluation),
    '',
    ...measured(draw),
  ].join('\n');
}

function shaded(rows: Rows, at: { most: number; mask: Rows | undefined }): string {
  return rows
    .map((row, r) =>
      row
        .map((value, c) => {
          if (at.mask?.[r]?.[c] === 0) return dim('  ·    ');
          const shade = shades[Math.min(shades.length - 1, Math.floor((shades.length * value) / at.most))]!;
          return `${shade}${shade}${short(value)} `;
        })
        .join(' '),
    )
    .map((line) => `  ${line}`.trimEnd())
    .join('\n');
}

/** In four characters. */
function short(value: number): string {
  if (value >= 9999.5) return `${Math.round(value / 1000)}k`.padEnd(4);
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return value.toFixed(digits).padEnd(4);
}

function maskRows(mask: Rows): string {
  return mask
    .map((row) => row.map((value) => (value === 1 ? '  1    ' : dim('  ·    '))).join(' '))
    .map((line) => `  ${line}`.trimEnd())
    .join('\n');
}

function measured({ p, measured: { elements, dropped, low, high } }: DropoutDraw): string[] {
  const rate = dropped / elements;
  const inside = rate >= low && rate <= high;
  const verdict = inside ? 'inside' : 'OUTSIDE';
  return [
    `measured: ${grouped(dropped)} of ${grouped(elements)} elements dropped, a rate of ${rate.toFixed(5)} beside p = ${p}: ${verdict} 5 σ`,
    `  ${low.toFixed(5)} ${axis({ low, high, rate })} ${high.toFixed(5)}   (┼ p, ● measured)`,
  ];
}

/** The interval with p in its middle, and where the rate lies. */
function axis({ low, high, rate }: { low: number; high: number; rate: number }): string {
  const share = high > low ? (rate - low) / (high - low) : 0.5;
  const at = Math.round(Math.min(1, Math.max(0, share)) * (axisWidth - 1));
  return Array.from({ length: axisWidth }, (_, i) => {
    if (i === at) return '●';
    if (i === 0) return '├';
    if (i === axisWidth - 1) return '┤';
    return i === (axisWidth - 1) / 2 ? '┼' : '─';
  }).join('');
}

function bold(text: string): string {
  return styleText('bold', text);
}

function dim(text: string): string {
  return styleText('dim', text);
}
