/** Chooses the kernels of this process before any of them is compiled. */
import { enableRevectorize, type KernelMode } from '@lockstep/scheduler/node';

/** The faster kernels unless `--no-revectorize` or LOCKSTEP_REVECTORIZE=0; a failed self-test is one line on stderr. */
export function chooseKernels(revectorize = true): KernelMode {
  if (!revectorize) return 'wasm-simd';
  return enableRevectorize({ report: (line) => process.stderr.write(`note: ${line}\n`) });
}
