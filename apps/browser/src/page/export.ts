/** What a visitor can take along: the model, the metrics of every step, and the charts. */
import { t } from '../i18n/index.ts';
import type { Histories, RunName } from '../run/messages.ts';
import { color } from './colors.ts';
import { element } from './elements.ts';
import { lineOf } from './run-control.ts';
import type { Charts } from './run-view.ts';
import type { Store } from './store.ts';

export function offerExports(store: Store, charts: Charts): void {
  const buttons = {
    model: element('export-model', HTMLButtonElement),
    metrics: element('export-metrics', HTMLButtonElement),
    charts: element('export-charts', HTMLButtonElement),
  };
  store.follow(['phase'], ({ phase }) => {
    for (const button of Object.values(buttons)) button.disabled = phase === 'idle' || phase === 'starting';
  });
  const offer = (button: HTMLButtonElement, make: () => Promise<void>): void =>
    button.addEventListener('click', () => make().catch((error: unknown) => store.set({ notice: lineOf(error) })));
  offer(buttons.model, async () => {
    const bytes = await store.state.session!.ask((api) => api.exportModel());
    save('model.safetensors', new Blob([bytes as Uint8Array<ArrayBuffer>]));
  });
  offer(buttons.metrics, async () =>
    save('metrics.csv', new Blob([metricsCsv(store.state.histories.of)], { type: 'text/csv' })),
  );
  offer(buttons.charts, async () =>
    save('charts.png', await chartsPng(charts, store.state.settings?.compare ?? false)),
  );
}

/** A line for every step and evaluation. */
export function metricsCsv(histories: Histories): string {
  const lines = (Object.keys(histories) as RunName[]).flatMap((run) => [
    ...histories[run].steps.map(({ step, loss, accuracy }) => [run, 'step', step, '', loss, accuracy]),
    ...histories[run].evaluations.map(({ step, epoch, loss, accuracy }) => [run, 'test', step, epoch, loss, accuracy]),
  ]);
  return [['run', 'kind', 'step', 'epoch', 'loss', 'accuracy'], ...lines].map((line) => `${line.join(',')}\n`).join('');
}

const titlePx = 28;
const marginPx = 16;

/** Both charts, one below the other, on the page's ground, with their titles and what the lines are. */
async function chartsPng({ loss, accuracy }: Charts, compares: boolean): Promise<Blob> {
  const parts = [
    { title: t('lossByStep'), picture: loss.canvas },
    { title: t('accuracyByStep'), picture: accuracy.canvas },
  ];
  const ratio = devicePixelRatio;
  const [title, margin] = [titlePx * ratio, marginPx * ratio];
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(...parts.map(({ picture }) => picture.width)) + 2 * margin;
  canvas.height = parts.reduce((sum, { picture }) => sum + picture.height + title, 0) + 2 * margin;
  const context = canvas.getContext('2d')!;
  context.fillStyle = color('--ground');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.font = `${14 * ratio}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  let top = margin;
  for (const { title: text, picture } of parts) {
    context.fillStyle = color('--text');
    context.fillText(text, margin, top + title / 2);
    let left = margin + context.measureText(text).width + 2 * margin;
    for (const { name, label } of legend(compares)) {
      context.fillStyle = color(name);
      context.fillText(`● ${label}`, left, top + title / 2);
      left += context.measureText(`● ${label}`).width + margin;
    }
    context.drawImage(picture, margin, top + title);
    top += title + picture.height;
  }
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done));
  if (!blob) throw new Error('the picture could not be made');
  return blob;
}

function legend(compares: boolean): { name: string; label: string }[] {
  const main = [
    { name: '--accent', label: t('seriesTrain') },
    { name: '--test', label: t('seriesTest') },
  ];
  if (!compares) return main;
  const plain = [
    { name: '--accent-plain', label: t('seriesTrainPlain') },
    { name: '--test-plain', label: t('seriesTestPlain') },
  ];
  return [...main, ...plain];
}

function save(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
