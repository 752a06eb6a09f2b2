/** Reads the equations of `einsum`. */
import { ShapeError } from '../errors.ts';
import { formatShape, type Shape } from '../tensor/shape.ts';

/** The label of each axis of each operand and of the result. Axes of `...` are labelled by their distance from the end: `.1`, `.2`. */
interface Equation {
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
}

export function parseEquation(equation: string, shapes: readonly Shape[]): Equation {
  const fail = (problem: string): never => {
    throw new ShapeError(`einsum: ${problem} in '${equation}' for operands ${shapes.map(formatShape).join(', ')}`);
  };
  const [left, right, ...more] = equation.replaceAll(' ', '').split('->');
  if (left === undefined || more.length > 0) fail("expected one '->' at most");
  const terms = left!.split(',');
  if (terms.length !== shapes.length) fail(`expected ${terms.length} operands, got ${shapes.length}`);
  const inputs = terms.map((term, i) => labelsOf(term, shapes[i]!, fail));
  checkExtents(inputs, shapes, fail);

  const known = inputs.flat();
  const dots = [...new Set(known.filter(isDot))].sort((a, b) => Number(b.slice(1)) - Number(a.slice(1)));
  if (right === undefined) {
    const once = known.filter((label) => !isDot(label) && known.indexOf(label) === known.lastIndexOf(label));
    return { inputs, output: [...dots, ...once.sort()] };
  }
  const output = split(right, fail).flatMap((label) => (label === '...' ? dots : [label]));
  if (new Set(output).size !== output.length) fail('a letter comes twice in the result');
  const unknown = output.find((label) => !known.includes(label));
  if (unknown !== undefined) fail(`no operand has the letter ${unknown} of the result`);
  return { inputs, output };
}

const isDot = (label: string): boolean => label.startsWith('.');

/** Letters and `...`, one by one. */
function split(term: string, fail: (problem: string) => never): string[] {
  const parts = term.match(/\.\.\.|./g) ?? [];
  const wrong = parts.find((part) => !/^([a-zA-Z]|\.\.\.)$/.test(part));
  if (wrong !== undefined) fail(`expected letters and '...', got '${wrong}'`);
  if (parts.filter((part) => part === '...').length > 1) fail("'...' comes twice in one term");
  return parts;
}

function labelsOf(term: string, shape: Shape, fail: (problem: string) => never): string[] {
  const parts = split(term, fail);
  const letters = parts.filter((part) => part !== '...').length;
  const rest = shape.length - letters;
  const fits = parts.includes('...') ? rest >= 0 : rest === 0;
  if (!fits) fail(`the term '${term}' does not fit the shape ${formatShape(shape)}`);
  return parts.flatMap((part) => (part === '...' ? Array.from({ length: rest }, (_, i) => `.${rest - i}`) : [part]));
}

/** Axes of one label have one extent, or 1. */
function checkExtents(
  inputs: readonly (readonly string[])[],
  shapes: readonly Shape[],
  fail: (problem: string) => never,
): void {
  const extents = new Map<string, number>();
  inputs.forEach((labels, i) => {
    labels.forEach((label, axis) => {
      const [known, extent] = [extents.get(label) ?? 1, shapes[i]![axis]!];
      if (known !== extent && known !== 1 && extent !== 1) fail(`${label} has the extents ${known} and ${extent}`);
      extents.set(label, known === 1 ? extent : known);
    });
  });
}
