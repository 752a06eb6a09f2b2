/** How the elements of a printed tensor are written: all in one way, right-aligned to one width. */

const precision = 4;

export interface ElementFormat {
  /** Characters of an element. */
  readonly width: number;
  readonly format: (value: number) => string;
}

/**
 * Whole numbers as `1.`, others with four digits after the point; all with exponents where the largest is above 10⁸ or a thousand times
 * the smallest, or (unless all are whole) the smallest is below 10⁻⁴. Zeros, infinities and NaN have no say.
 */
export function elementFormat(values: readonly number[], floating: boolean): ElementFormat {
  const weighty = floating ? values.filter((value) => Number.isFinite(value) && value !== 0) : values;
  const write = floating ? writerFor(weighty) : String;
  const width = weighty.reduce((most, value) => Math.max(most, write(value).length), 1);
  return { width, format: (value) => write(value).padStart(width) };
}

function writerFor(values: readonly number[]): (value: number) => string {
  const sizes = values.map(Math.abs);
  const [least, most] = [sizes.reduce((a, b) => Math.min(a, b), Infinity), sizes.reduce((a, b) => Math.max(a, b), 0)]; // biome-ignore format: a pair
  const whole = values.every(Number.isInteger);
  const exponents = values.length > 0 && (most / least > 1000 || most > 1e8 || (!whole && least < 1e-4));
  const finite = exponents ? exponential : whole ? (value: number) => `${signed(value, value.toFixed(0))}.` : fixed;
  return (value) => (Number.isFinite(value) ? finite(value) : notFinite(value));
}

function notFinite(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  return value > 0 ? 'inf' : '-inf';
}

/** JavaScript writes −0 without its sign. */
function signed(value: number, text: string): string {
  return Object.is(value, -0) ? `-${text}` : text;
}

/** Four digits after the point; of two equally near the even one, as C rounds (JavaScript takes the larger). */
function fixed(value: number): string {
  // Only odd multiples of 1/32 lie halfway between two of four digits.
  const parts = Math.abs(value) * 32;
  if (!Number.isInteger(parts) || parts % 2 === 0) return signed(value, value.toFixed(precision));
  const low = Math.floor(Math.abs(value) * 1e4);
  const text = ((low % 2 === 0 ? low : low + 1) / 1e4).toFixed(precision);
  return value < 0 ? `-${text}` : text;
}

/** Four digits after the point and an exponent of at least two digits, rounded as in `fixed`. */
function exponential(value: number): string {
  const exact = value.toExponential(60);
  const [digits, exponent] = exact.split('e') as [string, string];
  const beyond = digits.slice(digits.indexOf('.') + 1 + precision);
  const tie = /^50*$/.test(beyond);
  const even = Number(digits.charAt(digits.indexOf('.') + precision)) % 2 === 0;
  // Below halfway by a little: rounds towards zero.
  const text =
    tie && even
      ? `${digits.slice(0, digits.indexOf('.') + 1 + precision)}e${exponent}`
      : value.toExponential(precision);
  const [mantissa, power] = text.split('e') as [string, string];
  return `${signed(value, mantissa)}e${power.charAt(0)}${power.slice(1).padStart(2, '0')}`;
}
