/** Images of a data set as canvases. */

/** pixels: [C, H, W] bytes, grey or RGB. */
export function imageCanvas(pixels: Uint8Array, shape: readonly number[]): HTMLCanvasElement {
  const [channels, height, width] = shape as [number, number, number];
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  const plane = width * height;
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels[(channels === 3 ? c * plane : 0) + i]!;
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext('2d')!.putImageData(image, 0, 0);
  return canvas;
}
