/** The area to draw in: with a pen, a finger, a mouse, or the keyboard. */

const penPx = 20;
const keyPx = 10;

export class Pad {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #onChange: () => void;
  #last: { x: number; y: number } | undefined;
  /** Where the keyboard's pen is. */
  #pen = { x: 140, y: 60 };

  /** `onChange`: after every stroke. */
  constructor(canvas: HTMLCanvasElement, onChange: () => void) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { willReadFrequently: true })!;
    this.#onChange = onChange;
    this.clear();
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#strokeTo(this.#place(event));
    });
    canvas.addEventListener('pointermove', (event) => {
      if (this.#last) this.#strokeTo(this.#place(event));
    });
    for (const end of ['pointerup', 'pointercancel'] as const) canvas.addEventListener(end, () => this.#end());
    canvas.addEventListener('keydown', (event) => this.#key(event));
    canvas.addEventListener('keyup', (event) => {
      if (event.key === ' ') this.#end();
    });
  }

  get side(): number {
    return this.#canvas.width;
  }

  /** [side, side] bytes, 0 = nothing. */
  get grey(): Uint8Array {
    const { data } = this.#context.getImageData(0, 0, this.side, this.side);
    return Uint8Array.from({ length: this.side * this.side }, (_, i) => data[4 * i]!);
  }

  clear(): void {
    this.#context.fillStyle = '#000';
    this.#context.fillRect(0, 0, this.side, this.side);
    this.#last = undefined;
  }

  #key(event: KeyboardEvent): void {
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-keyPx, 0],
      ArrowRight: [keyPx, 0],
      ArrowUp: [0, -keyPx],
      ArrowDown: [0, keyPx],
    };
    const move = moves[event.key];
    if (event.key === 'Delete') {
      this.clear();
      this.#onChange();
    } else if (event.key === ' ') this.#strokeTo(this.#pen);
    else if (move) {
      const inside = (value: number): number => Math.min(this.side, Math.max(0, value));
      this.#pen = { x: inside(this.#pen.x + move[0]), y: inside(this.#pen.y + move[1]) };
      if (this.#last) this.#strokeTo(this.#pen);
    } else return;
    event.preventDefault();
  }

  #place(event: PointerEvent): { x: number; y: number } {
    const scale = this.side / this.#canvas.clientWidth;
    return { x: event.offsetX * scale, y: event.offsetY * scale };
  }

  #strokeTo(to: { x: number; y: number }): void {
    const from = this.#last ?? to;
    Object.assign(this.#context, { strokeStyle: '#fff', lineWidth: penPx, lineCap: 'round', lineJoin: 'round' });
    this.#context.beginPath();
    this.#context.moveTo(from.x, from.y);
    this.#context.lineTo(to.x, to.y + 0.01);
    this.#context.stroke();
    this.#last = to;
  }

  #end(): void {
    if (!this.#last) return;
    this.#last = undefined;
    this.#onChange();
  }
}
