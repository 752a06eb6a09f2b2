/** The contract of the kernels: recurrent layers and attention. Conventions stand in `signatures.ts`. */
import type { Pointer } from '../words.ts';

export interface SequencesKernels {
  // ── recurrent layers of one direction over whole sequences ───────────────────────────────────────────────────────────────
  // kind: a number of `recurrentKinds`; G gates, K kept and F final rows of `hidden` floats (`recurrentSizes`). Sample s has
  // lengths[s] steps (i32, clamped to [0, steps]; lengths = 0 (null): all have `steps`). Step k = 0, 1, … of a sample is at time
  // t = reverse ? lengths[s] − 1 − k : k. h0 and c0 are [samples][hidden], 0 (null): +0. `scratch`: `recurrentScratchBytes`.
  /**
   * x [samples][steps][G·hidden] → out [samples][steps + F][hidden]: h of every time, +0 beyond the length, then the final h and, for an
   * LSTM, the final c. w: panels of the columns G·hidden, k = hidden. With p[j] = Σ_k h[k] · w[k][j] + bias[j] (k ascending, from +0;
   * bias = 0 (null) adds nothing) and g the pre-activations x[t] + p: tanh h = tanh(g), relu h = max(g, 0); LSTM i, f, g, o =
   * σ(g0), σ(g1), tanh(g2), σ(g3), c = f·c + i·g, h = o·tanh(c); GRU r, z = σ(g0), σ(g1), n = tanh(x2 + r·p2), h = (h − n)·z + n.
   * kept [samples][steps][K][hidden]: i, f, g, o, c or r, z, n, p2, +0 beyond the length; 0 (null): not kept.
   */
  recurrent(
    kind: number,
    x: Pointer,
    w: Pointer,
    bias: Pointer,
    h0: Pointer,
    c0: Pointer,
    lengths: Pointer,
    out: Pointer,
    kept: Pointer,
    samples: number,
    steps: number,
    hidden: number,
    reverse: number,
    scratch: Pointer,
  ): void;
  /** previous[s][t] = h before the step of time t, from `out` of `recurrent` or h0; +0 beyond the length. */
  recurrentPrevious(
    kind: number,
    out: Pointer,
    h0: Pointer,
    lengths: Pointer,
    previous: Pointer,
    samples: number,
    steps: number,
    hidden: number,
    reverse: number,
  ): void;
  /**
   * dx [samples][steps][G·hidden] from dout (shaped as out), +0 beyond the length; dInitial [samples][F][hidden]: the gradients of h0 and c0,
   * 0 (null): not wanted. w: panels of the columns hidden, k = G·hidden. Steps descending, d = dout[t] + dh, dh and dc from the final rows of
   * dout at first. tanh dx = d·(1 − h·h); relu dx = d where h > 0, else +0. LSTM, T = tanh(c): D = dc + (d·o)·(1 − T·T), dc = D·f,
   * dx = (D·g)·(i·(1 − i)), (D·c₋)·(f·(1 − f)), (D·i)·(1 − g·g), (d·T)·(o·(1 − o)) with c₋ the cell before. GRU:
   * dn = (d·(1 − z))·(1 − n·n), dx = (dn·p2)·(r·(1 − r)), (d·(h₋ − n))·(z·(1 − z)), dn. Then dh = Σ_k dp[k] · w[k][j], k ascending from
   * +0, dp = dx, for GRU with dn·r in place of dn, and + d·z.
   */
  recurrentGrad(
    kind: number,
    dout: Pointer,
    out: Pointer,
    kept: Pointer,
    w: Pointer,
    h0: Pointer,
    c0: Pointer,
    lengths: Pointer,
    dx: Pointer,
    dInitial: Pointer,
    samples: number,
    steps: number,
    hidden: number,
    reverse: number,
    scratch: Pointer,
  ): void;
  /** out[r] = dx[r], rows of 3·hidden floats, the last third times the first row r of kept [rows][4][hidden]. */
  gruHiddenGrad(dx: Pointer, kept: Pointer, out: Pointer, rows: number, hidden: number): void;

  // ── attention (Vaswani et al. 2017). `spec`: the words of `attentionSpec`; `scratch`: `attentionScratchBytes` ───────────────
  /**
   * For each sample and head, rows q_i (i < queries) and k_j, v_j (j < keys): scores x_ij = (Σ_e q_i[e] · k_j[e]) · scale + mask[i][j] +
   * keyMask[j], e ascending from +0; a mask that is 0 (null) adds nothing; under `causal` only j ≤ i exist. p_ij = exp(x_ij − m) ÷
   * f32(Σ_j exp(x_ij − m)), m the row's maximum, the sum in f64 in four interleaved sums s₀…s₃ (j in the sum of j mod 4), then
   * (s₀ + s₂) + (s₁ + s₃). With rate ≠ 0 (null), p′ = `dropout` of the row p_i as row row0 + (s·heads + h)·queries + i, else p.
   * out_i[c] = Σ_j p′_ij · v_j[c], j ascending from +0, for finite v.
   */
  attention(
    q: Pointer,
    k: Pointer,
    v: Pointer,
    mask: Pointer,
    keyMask: Pointer,
    out: Pointer,
    spec: Pointer,
    samples: number,
    row0: number,
    key: Pointer,
    step: Pointer,
    site: number,
    rate: Pointer,
    scratch: Pointer,
  ): void;
  /**
   * With d′_ij = Σ_c dout_i[c] · v_j[c] (c ascending from +0), d = `dropout` of its rows as in `attention` (d′ without a rate),
   * D_i = f32(Σ_j d_ij · p_ij) summed as there, g_ij = ((d_ij − D_i) · p_ij) · scale: dq_i[e] = Σ_j g_ij · k_j[e], j ascending from +0;
   * dk_j[e] = Σ_i g_ij · q_i[e] and dv_j[c] = Σ_i p′_ij · dout_i[c], where each 32 queries are summed from +0 and the sums added in order,
   * from +0. Operands finite.
   */
  attentionGrad(
    dout: Pointer,
    q: Pointer,
    k: Pointer,
    v: Pointer,
    mask: Pointer,
    keyMask: Pointer,
    dq: Pointer,
    dk: Pointer,
    dv: Pointer,
    spec: Pointer,
    samples: number,
    row0: number,
    key: Pointer,
    step: Pointer,
    site: number,
    rate: Pointer,
    scratch: Pointer,
  ): void;
}
