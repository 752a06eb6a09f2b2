/** The fingerprint of a model: equal hashes mean equal bits. */
import type { nn } from '@lockstep/core';
import { sha256 } from './sha256.ts';

/** SHA-256, in hex, of the parameters' bytes (f32, little-endian) in the order of their names. */
export async function weightsHash(model: nn.Module): Promise<string> {
  const parameters = [...model.namedParameters()].sort(([a], [b]) => (a < b ? -1 : 1));
  const bytes = new Uint8Array(parameters.reduce((sum, [, parameter]) => sum + parameter.size * 4, 0));
  let at = 0;
  for (const [, parameter] of parameters) {
    const { data } = parameter;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return sha256(bytes);
}
