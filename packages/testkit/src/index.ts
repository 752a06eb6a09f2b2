/** Test helpers on plain arrays: comparisons, derivatives, golden values and statistics. */
export * from './bits.ts';
export * from './close.ts';
export * from './finite-difference.ts';
export * from './golden.ts';
export * from './hash.ts';
export * from './safetensors.ts';
export * from './statistics.ts';
