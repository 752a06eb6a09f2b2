/** Dropout made visible: a layer's activations before, the mask, after scaling, and at evaluation, as squares of one value each. */
import { type Key, onLanguage, t } from '../i18n/index.ts';
import type { DropoutPicture } from '../run/messages.ts';
import { color } from './colors.ts';
import { element } from './elements.ts';
import type { Store } from './store.ts';

type View = 'before' | 'mask' | 'after' | 'evaluation';
const views: Readonly<Record<View, Key>> = {
  before: 'viewBefore',
  mask: 'viewMask',
  after: 'viewAfter',
  evaluation: 'viewEvaluation',
};

export function showDropout(store: Store): void {
  const layers = element('dropout-layer', HTMLSelectElement);
  const sample = element('dropout-sample', HTMLInputElement);
  const container = element('dropout-pictures', HTMLElement);
  const text = element('dropout-text', HTMLElement);
  const figures = makeFigures(container);
  const visible = { now: false };

  const watch = (): void => {
    const index = Math.floor(Number(sample.value));
    const watched = visible.now && index >= 0 ? index : undefined;
    void store.state.session?.ask((api) => api.watchDropout(watched)).catch(() => {});
  };
  // Pictures cost the coordinator some milliseconds: they are made while they are seen.
  new IntersectionObserver((entries) => {
    visible.now = entries.at(-1)!.isIntersecting;
    watch();
  }).observe(container);
  sample.addEventListener('change', watch);
  store.follow(['session'], watch);

  const show = (): void => {
    const { pictures } = store.state;
    if (pictures.length === 0) {
      text.textContent = t('viewNone');
      layers.replaceChildren();
      return;
    }
    fillLayers(layers, pictures);
    const picture = pictures[Math.max(0, layers.selectedIndex)]!;
    const kept = picture.mask.reduce((sum, value) => sum + value, 0);
    text.textContent = t('viewText', { kept, width: picture.mask.length, step: picture.step });
    const largest = Math.max(
      ...picture.before.map(Math.abs),
      ...picture.after.map(Math.abs),
      ...picture.evaluation.map(Math.abs),
    );
    const scale = (1 / (1 - picture.p)).toFixed(2);
    for (const [view, { caption, canvas }] of figures) {
      caption.textContent = t(views[view], { scale });
      drawValues(canvas, picture[view], view === 'mask' ? 1 : largest);
    }
  };
  store.follow(['pictures'], show);
  layers.addEventListener('change', show);
  onLanguage(show);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
}

function makeFigures(container: HTMLElement): Map<View, { caption: HTMLElement; canvas: HTMLCanvasElement }> {
  const made = (Object.keys(views) as View[]).map((view) => {
    const figure = document.createElement('figure');
    const canvas = document.createElement('canvas');
    // The sentence below says what it shows.
    canvas.setAttribute('aria-hidden', 'true');
    const caption = document.createElement('figcaption');
    figure.append(caption, canvas);
    container.append(figure);
    return [view, { caption, canvas }] as const;
  });
  return new Map(made);
}

/** A layer that is called twice stands there twice, as the call that it is. */
function fillLayers(select: HTMLSelectElement, pictures: readonly DropoutPicture[]): void {
  const names = pictures.map(({ layer, p, mask }, i) =>
    t('layerCall', { layer, call: i + 1, width: mask.length, p: p.toFixed(2) }),
  );
  const chosen = Math.min(Math.max(0, select.selectedIndex), pictures.length - 1);
  if ([...select.options].map(({ text }) => text).join('\n') !== names.join('\n'))
    select.replaceChildren(...names.map((name, i) => new Option(name, String(i))));
  select.selectedIndex = chosen;
}

/** A square of squares; darker is larger, 0 is the ground, negative values have the other colour. */
function drawValues(canvas: HTMLCanvasElement, values: ArrayLike<number>, largest: number): void {
  const columns = Math.ceil(Math.sqrt(values.length));
  const rows = Math.ceil(values.length / columns);
  const cell = Math.max(1, Math.floor((240 * devicePixelRatio) / columns));
  canvas.width = columns * cell;
  canvas.height = rows * cell;
  const context = canvas.getContext('2d')!;
  const gap = cell > 4 ? 1 : 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === 0) continue;
    context.fillStyle = color(value > 0 ? '--accent' : '--test');
    context.globalAlpha = Math.min(1, 0.15 + (0.85 * Math.abs(value)) / (largest || 1));
    context.fillRect((i % columns) * cell, Math.floor(i / columns) * cell, cell - gap, cell - gap);
  }
}
