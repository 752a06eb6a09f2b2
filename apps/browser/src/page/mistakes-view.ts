/** The grid of test images that the model gets wrong. */
import { onLanguage, percent, t } from '../i18n/index.ts';
import type { Mistakes } from '../run/messages.ts';
import { element } from './elements.ts';
import { imageCanvas } from './images.ts';
import { lineOf } from './run-control.ts';
import type { Store } from './store.ts';

const shownMistakes = 48;

export function showMistakes(store: Store): void {
  const button = element('find-mistakes', HTMLButtonElement);
  const count = element('mistakes-count', HTMLElement);
  const list = element('mistakes', HTMLElement);
  let found: Mistakes | undefined;

  const show = (): void => {
    const { facts } = store.state;
    count.textContent = found ? t('mistakesCount', { total: found.total, of: found.of }) : '';
    list.replaceChildren(
      ...(found && facts ? found.worst : []).map(({ index, label, predicted, probability, pixels }) => {
        const item = document.createElement('li');
        const canvas = imageCanvas(pixels, facts!.shape);
        const [is, taken] = [label, predicted].map((number) => facts!.classes[number] ?? String(number));
        const text = t('mistake', {
          index: String(index),
          label: is!,
          predicted: taken!,
          percent: percent(probability, 0),
        });
        canvas.setAttribute('role', 'img');
        canvas.setAttribute('aria-label', text);
        item.title = text;
        const caption = document.createElement('span');
        caption.textContent = `${is} → ${taken}`;
        caption.setAttribute('aria-hidden', 'true');
        item.append(canvas, caption);
        return item;
      }),
    );
  };
  store.follow(['phase', 'facts'], ({ phase, facts }) => {
    const isThere = phase === 'running' || phase === 'paused' || phase === 'finished';
    button.disabled = !isThere || facts?.shape.length !== 3;
  });
  store.follow(['session'], () => {
    found = undefined;
    show();
  });
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      found = await store.state.session?.ask((api) => api.mistakes(shownMistakes));
      show();
    } catch (error) {
      store.set({ notice: lineOf(error) });
    } finally {
      button.disabled = false;
    }
  });
  onLanguage(show);
}
