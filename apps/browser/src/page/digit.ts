/** From a drawing to an image as MNIST has them: scaled into 20×20 pixels, its centre of mass in the middle of 28×28. */

const size = 28;
const box = 20;

/** grey: [side, side] bytes, 0 = nothing. Gives [28, 28] bytes; undefined for an empty drawing. */
export function digitImage(grey: Uint8Array, side: number): Uint8Array | undefined {
  const bounds = boundsOf(grey, side);
  if (!bounds) return undefined;
  const { left, top, right, bottom } = bounds;
  const scale = Math.max(right - left, bottom - top) / box;
  const [width, height] = [(right - left) / scale, (bottom - top) / scale];
  const inBox = new Float64Array(size * size);
  for (let y = 0; y < Math.ceil(height); y++)
    for (let x = 0; x < Math.ceil(width); x++)
      inBox[y * size + x] = meanOf(grey, side, {
        x: left + x * scale,
        y: top + y * scale,
        scale,
      });
  return centred(inBox);
}

function boundsOf(
  grey: Uint8Array,
  side: number,
): { left: number; top: number; right: number; bottom: number } | undefined {
  let [left, top, right, bottom] = [side, side, 0, 0];
  grey.forEach((value, i) => {
    if (value === 0) return;
    const [x, y] = [i % side, Math.floor(i / side)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x + 1), Math.max(bottom, y + 1)];
  });
  return right > left ? { left, top, right, bottom } : undefined;
}

/** The mean of the drawing's pixels in a square. */
function meanOf(grey: Uint8Array, side: number, at: { x: number; y: number; scale: number }): number {
  let [sum, count] = [0, 0];
  for (let y = Math.floor(at.y); y < Math.min(side, Math.max(at.y + at.scale, Math.floor(at.y) + 1)); y++)
    for (let x = Math.floor(at.x); x < Math.min(side, Math.max(at.x + at.scale, Math.floor(at.x) + 1)); x++) {
      sum += grey[y * side + x]!;
      count++;
    }
  return count > 0 ? sum / count : 0;
}

function centred(image: Float64Array): Uint8Array {
  let [mass, massX, massY] = [0, 0, 0];
  image.forEach((value, i) => {
    mass += value;
    massX += value * ((i % size) + 0.5);
    massY += value * (Math.floor(i / size) + 0.5);
  });
  const [dx, dy] = [massX, massY].map((sum) => Math.round(size / 2 - sum / mass)) as [number, number];
  const out = new Uint8Array(size * size);
  image.forEach((value, i) => {
    const [x, y] = [(i % size) + dx, Math.floor(i / size) + dy];
    if (x >= 0 && x < size && y >= 0 && y < size) out[y * size + x] = Math.round(value);
  });
  return out;
}
