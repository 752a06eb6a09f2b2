/**
 * How fast one thread moves memory with our kernels: the SGD update (reads weight, momentum and gradient, writes the first two) over
 * arrays that take `bytes` together, for at least `ms`. Prints GB/s. Argument: {"bytes", "ms"}.
 */
import { compileKernels, instantiateKernels } from '@lockstep/kernels';
import { enableRevectorize } from '@lockstep/scheduler/node';

const { bytes, ms } = JSON.parse(process.argv.at(-1)!) as { bytes: number; ms: number };
enableRevectorize();
const pages = Math.ceil(bytes / 65536) + 1;
const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
const kernels = instantiateKernels(compileKernels(), memory);
const floats = Math.floor(bytes / 12 / 64) * 64;
new Float32Array(memory.buffer, 64, 6).set([0.01, 0.9, 1, 0, 0, 0]);
const run = (): void => kernels.sgd(1024, 1024 + 4 * floats, 1024 + 8 * floats, floats, 64);
for (let i = 0; i < 5; i++) run();
const start = performance.now();
let calls = 0;
while (performance.now() - start < ms) {
  run();
  calls++;
}
console.log(JSON.stringify({ gigabytesPerSecond: (calls * floats * 20) / (performance.now() - start) / 1e6 }));
