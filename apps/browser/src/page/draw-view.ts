/** A drawn digit: what the model takes it for, and how sure it is by Monte-Carlo dropout. */
import { onLanguage, percent, t } from '../i18n/index.ts';
import type { McAnswer } from '../run/messages.ts';
import { digitImage } from './digit.ts';
import { element } from './elements.ts';
import { Pad } from './pad.ts';
import { lineOf } from './run-control.ts';
import type { Store } from './store.ts';

const passes = 100;

export function showDrawing(store: Store): void {
  const answer = element('draw-answer', HTMLElement);
  const bars = element('draw-bars', HTMLElement);
  let found: McAnswer | undefined;
  /** Only the newest question counts. */
  let asked = 0;

  const show = (): void => {
    const { facts } = store.state;
    element('draw-lead', HTMLElement).textContent = t('drawLead', { passes });
    bars.replaceChildren(...(found && facts ? barsOf(found, facts.classes) : []));
    if (!found || !facts) answer.textContent = takesDigits(facts?.shape) ? t('drawEmpty') : t('drawOnlyDigits');
    else answer.textContent = `${likeness(found, facts.classes)} ${uncertainty(found)}`;
  };
  const ask = async (): Promise<void> => {
    const { session, facts } = store.state;
    const pixels = digitImage(pad.grey, pad.side);
    const number = ++asked;
    found = undefined;
    try {
      if (session && pixels && takesDigits(facts?.shape)) {
        const got = await session.ask((api) => api.drawn(pixels));
        if (number === asked) found = got;
      }
    } catch (error) {
      store.set({ notice: lineOf(error) });
    }
    if (number === asked) show();
  };
  const pad = new Pad(element('pad', HTMLCanvasElement), () => void ask());
  element('clear', HTMLButtonElement).addEventListener('click', () => {
    pad.clear();
    void ask();
  });
  store.follow(['facts'], () => {
    found = undefined;
    show();
  });
  onLanguage(show);
}

function takesDigits(shape: readonly number[] | undefined): boolean {
  return shape?.join() === '1,28,28';
}

function likeness({ prediction, mean, std }: McAnswer, classes: readonly string[]): string {
  const [at, spread] = [mean[prediction]!, std[prediction]!];
  return t('drawAnswer', { label: classes[prediction]!, percent: percent(at, 1), std: percent(spread, 1) });
}

function uncertainty({ predictiveEntropy, mutualInformation }: McAnswer): string {
  const values = { entropy: predictiveEntropy.toFixed(3), information: mutualInformation.toFixed(3) };
  return t('drawUncertainty', values);
}

/** A bar for each class: the mean over the passes, and a line for one standard deviation to both sides. */
function barsOf({ mean, std }: McAnswer, classes: readonly string[]): HTMLElement[] {
  return mean.map((value, i) => {
    const item = document.createElement('li');
    item.style.setProperty('--mean', String(value));
    item.style.setProperty('--low', String(Math.max(0, value - std[i]!)));
    item.style.setProperty('--high', String(Math.min(1, value + std[i]!)));
    const bar = document.createElement('span');
    bar.className = 'bar';
    bar.setAttribute('aria-hidden', 'true');
    const text = document.createElement('span');
    text.textContent = t('drawBar', { label: classes[i]!, percent: percent(value, 1), std: percent(std[i]!, 1) });
    item.append(text, bar);
    return item;
  });
}
