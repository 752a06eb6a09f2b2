/**
 * jax-js (wasm backend) training the MLP or the seed network, dropout off, on one resident random batch. The whole step is one `jit`:
 * forward, cross-entropy, gradients, SGD with momentum; the loss is read each step.
 * Prints images/s of the median step. Argument: {"model", "batch", "steps"}.
 */
import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  random,
  tree,
  valueAndGrad,
} from '@jax-js/jax';

const { model, batch, steps } = JSON.parse(process.argv.at(-1));
await init('wasm');
defaultDevice('wasm');

let seed = 0;
const scaled = (shape, inputs) => {
  const bound = 1 / Math.sqrt(inputs);
  return random.uniform(random.key(seed++), shape, { minval: -bound, maxval: bound });
};
const linear = (inputs, outputs) => ({ w: scaled([inputs, outputs], inputs), b: scaled([outputs], inputs) });
const conv = (inputs, outputs) => ({
  w: scaled([outputs, inputs, 3, 3], 9 * inputs),
  b: scaled([1, outputs, 1, 1], 9 * inputs),
});
const dense = (x, { w, b }) => np.dot(x, w).add(b);

const mlp = {
  shape: [784],
  parameters: () => ({ fc1: linear(784, 1024), fc2: linear(1024, 1024), fc3: linear(1024, 10) }),
  forward: ({ fc1, fc2, fc3 }, x) => dense(nn.relu(dense(nn.relu(dense(x, fc1)), fc2)), fc3),
};

const convReluPool = (x, { w, b }) => {
  const y = nn.relu(lax.convGeneralDilated(x, w, [1, 1], 'VALID').add(b));
  return lax.reduceWindow(y, np.max, [2, 2], [2, 2]);
};
const seedNet = {
  shape: [3, 32, 32],
  parameters: () => ({
    c1: conv(3, 32),
    c2: conv(32, 64),
    c3: conv(64, 128),
    fc1: linear(512, 512),
    fc2: linear(512, 10),
  }),
  forward: ({ c1, c2, c3, fc1, fc2 }, x) => {
    // VALID pooling of odd sizes drops the last row and column, as PyTorch does.
    const even = (y) => y.slice([], [], [0, y.shape[2] & ~1], [0, y.shape[3] & ~1]);
    const conv3 = (y, { w, b }) => {
      const z = even(lax.convGeneralDilated(y, w, [1, 1], 'VALID').add(b));
      return lax.reduceWindow(nn.relu(z), np.max, [2, 2], [2, 2]);
    };
    const features = conv3(conv3(convReluPool(x, c1), c2), c3).reshape([batch, 512]);
    return dense(nn.relu(dense(features, fc1)), fc2);
  },
};

const net = model === 'mlp' ? mlp : seedNet;
const x = random.normal(random.key(100), [batch, ...net.shape]);
const y = nn.oneHot(
  np.array(
    Array.from({ length: batch }, (_, i) => i % 10),
    { dtype: np.int32 },
  ),
  10,
);
const loss = (p, images, targets) =>
  nn
    .logSoftmax(net.forward(p, images))
    .mul(targets)
    .sum()
    .mul(-1 / batch);

const step = jit((p, v, images, targets) => {
  const [value, gradients] = valueAndGrad(loss)(tree.ref(p), images, targets);
  const nextV = tree.map((a, g) => a.mul(0.9).add(g), v, gradients);
  const nextP = tree.map((a, b) => a.sub(b.mul(0.01)), p, tree.ref(nextV));
  return [value, nextP, nextV];
});

let parameters = net.parameters();
let velocities = tree.map((p) => np.zeros(p.shape), parameters);
const losses = [];
const times = [];
for (let i = 0; i <= steps; i++) {
  const started = performance.now();
  const [value, p, v] = step(parameters, velocities, x.ref, y.ref);
  [parameters, velocities] = await blockUntilReady([p, v]);
  losses.push(value.item ? value.item() : value.js());
  // The first step compiles.
  if (i > 0) times.push(performance.now() - started);
}
times.sort((a, b) => a - b);
const imagesPerSecond = (1000 * batch) / times[times.length >> 1];
console.log(JSON.stringify({ imagesPerSecond, losses: [losses[0], losses.at(-1)] }));
process.exit(0);
