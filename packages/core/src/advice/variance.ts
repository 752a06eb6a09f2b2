/**
 * How dropout changes variances. A kept element is x·s/(1 − p) with s = 1 with probability q = 1 − p, else 0 (or, in Gaussian dropout,
 * x times a number of mean 1 and variance p/q, which gives the same moments). For x of mean m and variance v, independent of s:
 *
 *     E[(x·s/q)²] = (v + m²)/q, so Var_train = (v + m²)/q − m², Var_test = v, and
 *     Var_train/Var_test = 1/q + (m²/v)·p/q = 1 + (p/q)·(1 + m²/v).
 *
 * For m = 0 that is 1/q. After ReLU of a centred normal number, m = σ/√(2π) and E[x²] = σ²/2, so m²/v = 1/(π − 1).
 *
 * A layer between, y = Σᵢ wᵢ·xᵢ with d inputs that have one m, one v and the correlation ρ between any two, masks independent:
 * Var_test = v·Σwᵢ²·(1 + ρ·(c − 1)) with c = (Σwᵢ)²/Σwᵢ² = d·cos²θ, θ the angle between w and (1, …, 1); in training each xᵢ adds
 * wᵢ²·(p/q)·(v + m²), so
 *
 *     Var_train/Var_test = 1 + (p/q)·(1 + m²/v)/(1 + ρ·(c − 1)).
 *
 * These are cases (a) and (b) of Li et al. 2018 (Understanding the Disharmony between Dropout and Batch Normalization by Variance Shift),
 * who write the inverse; their p is the probability to keep.
 */

/** m²/v of ReLU of a centred normal number. */
export const rectifiedNormal: number = 1 / (Math.PI - 1);

/** Variance while training over variance in evaluation, for p in [0, 1). `meanSquare`: m²/v. */
export function varianceRatio(p: number, meanSquare = 0): number {
  return 1 + (p / (1 - p)) * (1 + meanSquare);
}

/** The same behind a layer with weights. `alignment`: d·cos²θ of one output's weights, ≥ 0. `correlation`: ρ in [0, 1]. */
export function varianceRatioBehind(
  p: number,
  at: { alignment: number; correlation: number; meanSquare?: number },
): number {
  const { alignment, correlation, meanSquare = 0 } = at;
  return 1 + (varianceRatio(p, meanSquare) - 1) / (1 + correlation * (alignment - 1));
}

/** d·cos²θ of weights [O, …], the mean over the O outputs; outputs without weights other than 0 are left out. */
export function meanAlignment(weights: ArrayLike<number>, outputs: number): number {
  const d = weights.length / outputs;
  let total = 0;
  let counted = 0;
  for (let o = 0; o < outputs; o++) {
    let sum = 0;
    let squares = 0;
    for (let i = o * d; i < (o + 1) * d; i++) {
      sum += weights[i]!;
      squares += weights[i]! * weights[i]!;
    }
    if (squares === 0) continue;
    total += (sum * sum) / squares;
    counted++;
  }
  return counted === 0 ? 1 : total / counted;
}
