/** Values as Python prints them, for descriptions of layers that read like PyTorch's. */

/** `(3, 3)`, `(4,)`. */
export function reprTuple(values: readonly number[]): string {
  return values.length === 1 ? `(${values[0]},)` : `(${values.join(', ')})`;
}

/** `True` or `False`. */
export function reprBoolean(value: boolean): string {
  return value ? 'True' : 'False';
}

/** The shortest decimal, with an exponent of two digits below 1e-4: `0.1`, `1e-05`. */
export function reprNumber(value: number): string {
  if (value === 0 || (Math.abs(value) >= 1e-4 && Math.abs(value) < 1e16)) return String(value);
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const sign = exponent.startsWith('-') ? '-' : '+';
  return `${digits}e${sign}${exponent.slice(1).padStart(2, '0')}`;
}

/** As `reprNumber`, whole numbers with a point: `1.0`. */
export function reprFloat(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? value.toFixed(1) : reprNumber(value);
}
