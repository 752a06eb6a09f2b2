/** Statistics for tests of random streams: bounds on counts, correlation, chi-square. */

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** n·p ± sigmas·√(n·p·(1−p)), cut to [0, n]: where the count of successes in n draws should fall. */
export function binomialBounds(n: number, p: number, sigmas: number): Bounds {
  const spread = sigmas * Math.sqrt(n * p * (1 - p));
  return { low: Math.max(0, n * p - spread), high: Math.min(n, n * p + spread) };
}

/** The arithmetic mean. */
export function mean(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total / values.length;
}

/** Pearson's correlation; NaN if either array is constant. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`lengths differ: ${a.length} and ${b.length}`);
  const meanA = mean(a);
  const meanB = mean(b);
  let squaresA = 0;
  let squaresB = 0;
  let products = 0;
  for (let i = 0; i < a.length; i++) {
    const deltaA = a[i]! - meanA;
    const deltaB = b[i]! - meanB;
    squaresA += deltaA * deltaA;
    squaresB += deltaB * deltaB;
    products += deltaA * deltaB;
  }
  return products / Math.sqrt(squaresA * squaresB);
}

export interface ChiSquare {
  readonly statistic: number;
  readonly degrees: number;
  /** The probability of a statistic at least this large if the expectation holds. */
  readonly pValue: number;
}

/** Pearson's goodness of fit; without `expected`, all categories are equally likely. */
export function chiSquare(observed: ArrayLike<number>, expected?: ArrayLike<number>): ChiSquare {
  if (expected && expected.length !== observed.length) {
    throw new RangeError(`lengths differ: ${observed.length} and ${expected.length}`);
  }
  const average = mean(observed);
  let statistic = 0;
  for (let i = 0; i < observed.length; i++) {
    const want = expected ? expected[i]! : average;
    statistic += (observed[i]! - want) ** 2 / want;
  }
  const degrees = observed.length - 1;
  return { statistic, degrees, pValue: chiSquareTail(statistic, degrees) };
}

/** P(X ≥ statistic) for a chi-square variable X, correct to about 1e-10. */
export function chiSquareTail(statistic: number, degrees: number): number {
  if (statistic <= 0) return 1;
  const a = degrees / 2;
  const x = statistic / 2;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - front * lowerSeries(a, x) : front * upperFraction(a, x);
}

// γ(a, x) / (xᵃ e⁻ˣ) by its power series.
function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let total = term;
  for (let n = 1; n < 10_000 && term > total * 1e-16; n++) {
    term *= x / (a + n);
    total += term;
  }
  return total;
}

// Γ(a, x) / (xᵃ e⁻ˣ) by its continued fraction (Lentz).
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let product = d;
  for (let n = 1; n < 10_000; n++) {
    const numerator = n * (a - n);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    product *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return product;
}

// Stirling's series, after shifting the argument above 10.
function logGamma(argument: number): number {
  let z = argument;
  let shift = 0;
  for (; z < 10; z++) shift -= Math.log(z);
  const inverse = 1 / (z * z);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / z;
  return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series;
}
