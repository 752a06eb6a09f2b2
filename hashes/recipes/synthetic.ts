/** Data sets made by an integer hash: the same bytes everywhere, and nothing to download. */
import { arrayDataset, type FeatureDataset, type ImageDataset } from '@lockstep/data';

/** MurmurHash3's finalizer (Appleby 2011): a bijection of 32-bit integers in which every bit of the input reaches every bit of the result. */
function mix32(x: number): number {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export interface ImageSetOptions {
  readonly count: number;
  readonly classes: number;
  readonly shape: readonly [channels: number, height: number, width: number];
}

/** Images with stripes whose direction and place tell the class, under noise: [count, C, H, W] bytes. */
export function stripes({ count, classes, shape }: ImageSetOptions): ImageDataset {
  const [channels, height, width] = shape;
  const labels = Array.from({ length: count }, (_, i) => i % classes);
  const images = new Uint8Array(count * channels * height * width);
  for (let i = 0; i < images.length; i++) {
    const x = i % width;
    const y = Math.floor(i / width) % height;
    const plane = Math.floor(i / (width * height));
    const label = labels[Math.floor(plane / channels)]!;
    const along = x * (1 + (label % 3)) + y * (label >> 1) + 2 * label + (plane % channels);
    images[i] = ((along >> 2) & 1 ? 160 : 32) + (mix32(i) & 63);
  }
  return arrayDataset({ images, labels, shape, name: 'stripes' });
}

/** Points [count, features] around one corner of a cube for each class, under noise. */
export function corners(options: { count: number; classes: number; features: number }): FeatureDataset {
  const { count, classes, features: length } = options;
  const labels = Array.from({ length: count }, (_, i) => i % classes);
  const features = new Float32Array(count * length);
  for (let i = 0; i < features.length; i++) {
    const label = labels[Math.floor(i / length)]!;
    const corner = mix32(Math.imul(label + 1, 0x9e3779b9) + (i % length)) & 1;
    // 24 bits and a power of two: exact.
    features[i] = corner + ((mix32(i) >>> 8) - 2 ** 23) / 2 ** 23;
  }
  return arrayDataset({ features, labels, shape: [length], name: 'corners' });
}

/**
 * Waves [count, steps, features] whose rhythm tells the class, under noise. The last feature is how many steps of the sequence count, at least
 * half of them.
 */
export function rhythms(options: { count: number; classes: number; steps: number; features: number }): FeatureDataset {
  const { count, classes, steps, features: width } = options;
  const labels = Array.from({ length: count }, (_, i) => i % classes);
  const features = new Float32Array(count * steps * width);
  for (let i = 0; i < features.length; i++) {
    const sample = Math.floor(i / (steps * width));
    const [step, feature] = [Math.floor(i / width) % steps, i % width];
    const beat = (step + feature) % (2 + labels[sample]!) === 0 ? 1 : -1;
    const noise = ((mix32(i) >>> 8) - 2 ** 23) / 2 ** 24;
    features[i] = feature === width - 1 ? steps - (mix32(sample) % (steps >> 1)) : beat + noise;
  }
  return arrayDataset({ features, labels, shape: [steps, width], name: 'rhythms' });
}

/** Rows of `steps` words, numbers below `words`: half of them are the class's own, the others are any. */
export function sentences(options: { count: number; classes: number; steps: number; words: number }): FeatureDataset {
  const { count, classes, steps, words } = options;
  const labels = Array.from({ length: count }, (_, i) => i % classes);
  const features = new Float32Array(count * steps);
  for (let i = 0; i < features.length; i++) {
    const label = labels[Math.floor(i / steps)]!;
    const draw = mix32(i);
    features[i] = draw & 1 ? (draw >>> 8) % words : label * Math.floor(words / classes) + ((draw >>> 8) % 3);
  }
  return arrayDataset({ features, labels, shape: [steps], name: 'sentences' });
}
