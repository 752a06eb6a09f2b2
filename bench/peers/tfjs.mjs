/**
 * TensorFlow.js training the MLP or the seed network, dropout off, on one resident random batch (channels last, its native layout).
 * Included: forward, softmax cross-entropy, gradients, SGD with momentum, reading the loss. The wasm backend has no gradient of
 * convolution filters, so convolutions train on the cpu backend only. Threads of the wasm backend: Node starts none.
 * Prints images/s of the median step. Argument: {"backend", "model", "batch", "steps"}.
 */

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

const { backend, model, batch, steps } = JSON.parse(process.argv.at(-1));
const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
setWasmPaths(`${join(dirname(entry), 'dist')}/`);
if (!(await tf.setBackend(backend))) throw new Error(`no backend ${backend}`);
await tf.ready();

const scaled = (shape, inputs) => tf.variable(tf.randomUniform(shape, -1 / Math.sqrt(inputs), 1 / Math.sqrt(inputs)));
const linear = (inputs, outputs) => [scaled([inputs, outputs], inputs), scaled([outputs], inputs)];
const conv = (inputs, outputs) => [scaled([3, 3, inputs, outputs], 9 * inputs), scaled([outputs], 9 * inputs)];

const dense = (x, [w, b]) => tf.add(tf.matMul(x, w), b);
const convReluPool = (x, [w, b]) => tf.maxPool(tf.relu(tf.add(tf.conv2d(x, w, 1, 'valid'), b)), 2, 2, 'valid');

function mlp() {
  const layers = [linear(784, 1024), linear(1024, 1024), linear(1024, 10)];
  const forward = (x) => layers.reduce((y, layer, i) => (i < 2 ? tf.relu(dense(y, layer)) : dense(y, layer)), x);
  return { shape: [784], forward, variables: layers.flat() };
}

function seedNet() {
  const convs = [conv(3, 32), conv(32, 64), conv(64, 128)];
  const [fc1, fc2] = [linear(512, 512), linear(512, 10)];
  const forward = (x) => {
    const features = tf.reshape(convs.reduce(convReluPool, x), [-1, 512]);
    return dense(tf.relu(dense(features, fc1)), fc2);
  };
  return { shape: [32, 32, 3], forward, variables: [...convs.flat(), ...fc1, ...fc2] };
}

const { shape, forward, variables } = model === 'mlp' ? mlp() : seedNet();
const x = tf.randomNormal([batch, ...shape]);
const labels = tf.cast(
  tf.oneHot(
    tf.tensor1d(
      Array.from({ length: batch }, (_, i) => i % 10),
      'int32',
    ),
    10,
  ),
  'float32',
);
const optimizer = tf.train.momentum(0.01, 0.9);

function step() {
  // The mean of −Σ y · log softmax over the batch.
  const loss = () => tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(forward(x)), labels), 1)));
  return tf.tidy(() => optimizer.minimize(loss, true, variables).dataSync()[0]);
}

const losses = [step()];
const times = [];
for (let i = 0; i < steps; i++) {
  const started = performance.now();
  losses.push(step());
  times.push(performance.now() - started);
}
times.sort((a, b) => a - b);
const imagesPerSecond = (1000 * batch) / times[times.length >> 1];
console.log(JSON.stringify({ imagesPerSecond, losses: [losses[0], losses.at(-1)] }));
process.exit(0);
