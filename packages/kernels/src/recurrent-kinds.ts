/** Kinds of recurrent layers, and what their kernels read and write, in rows of the hidden size. */

/** Kinds of `recurrent`. */
export const recurrentKinds = { tanh: 0, relu: 1, lstm: 2, gru: 3 } as const;

export interface RecurrentSizes {
  /** Rows of gates a step: LSTM input, forget, cell, output; GRU reset, update, new. */
  readonly gates: number;
  /** Rows a step keeps for its gradient: LSTM its gates and its cell; GRU its gates and the hidden part of the new one. */
  readonly kept: number;
  /** Rows of the final state: hidden, and the cell of an LSTM. */
  readonly finals: number;
}

export function recurrentSizes(kind: number): RecurrentSizes {
  if (kind === recurrentKinds.lstm) return { gates: 4, kept: 5, finals: 2 };
  if (kind === recurrentKinds.gru) return { gates: 3, kept: 4, finals: 1 };
  return { gates: 1, kept: 0, finals: 1 };
}

/** Bytes of scratch of `recurrent` and `recurrentGrad`. */
export function recurrentScratchBytes(kind: number, samples: number, hidden: number): number {
  return 256 + 4 * samples * hidden * (3 + recurrentSizes(kind).gates);
}
