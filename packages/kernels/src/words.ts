/** What the arguments of kernels are. */

/** A byte address in the shared memory. */
export type Pointer = number;
/** The bit pattern of a 32-bit float. */
export type F32Bits = number;
