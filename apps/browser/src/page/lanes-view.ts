/** A lane for each worker: when it computed in the last steps. */
import { onLanguage, percent, t } from '../i18n/index.ts';
import type { LanesPicture } from '../run/messages.ts';
import { color } from './colors.ts';
import { element } from './elements.ts';
import type { Store } from './store.ts';

const heightPx = 18;

export function showLanes(store: Store): void {
  const container = element('lanes', HTMLElement);
  const show = (): void => {
    const { lanes, workers } = store.state;
    if (lanes) draw(container, lanes);
    else container.replaceChildren(...(workers === 1 ? [paragraph(t('lanesNone'))] : []));
  };
  store.follow(['lanes', 'workers'], show);
  onLanguage(show);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
}

function draw(container: HTMLElement, { lanes, lengthMs }: LanesPicture): void {
  while (container.querySelectorAll('.lane').length !== lanes.length) {
    container.replaceChildren(...lanes.map(() => lane()));
  }
  for (const [i, { busy, utilisation }] of lanes.entries()) {
    const row = container.children[i]!;
    row.querySelector('span')!.textContent = t('lane', { worker: i + 1, percent: percent(utilisation, 0) });
    const canvas = row.querySelector('canvas')!;
    const widthPx = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    canvas.width = widthPx;
    canvas.height = heightPx * devicePixelRatio;
    const context = canvas.getContext('2d')!;
    context.fillStyle = color('--accent');
    for (const { fromMs, toMs } of busy) {
      const [from, to] = [(fromMs / lengthMs) * widthPx, (toMs / lengthMs) * widthPx];
      context.fillRect(from, 0, Math.max(0.5, to - from), canvas.height);
    }
  }
}

function lane(): HTMLElement {
  const row = document.createElement('div');
  row.className = 'lane';
  const canvas = document.createElement('canvas');
  canvas.setAttribute('aria-hidden', 'true');
  row.append(document.createElement('span'), canvas);
  return row;
}

function paragraph(text: string): HTMLElement {
  const made = document.createElement('p');
  made.textContent = text;
  return made;
}
