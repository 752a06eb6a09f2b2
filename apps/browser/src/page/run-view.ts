/** What the page shows of a run as it goes: status line, buttons, progress, figures, hints and charts. */

import type { Key } from '../i18n/index.ts';
import { onLanguage, percent, t, whole } from '../i18n/index.ts';
import { element } from './elements.ts';
import { RunChart } from './run-chart.ts';
import type { PageState, Store } from './store.ts';

export interface Charts {
  readonly loss: RunChart;
  readonly accuracy: RunChart;
}

export function showRun(store: Store): Charts {
  const status = element('status', HTMLElement);
  const notice = element('notice', HTMLElement);
  const kept = element('kept', HTMLElement);
  const showTexts = ({ status: now, notice: line, kept: keeps }: PageState): void => {
    setText(status, t(now.key, now.values));
    notice.hidden = line === undefined;
    setText(notice, line ?? '');
    setText(kept, keeps ? t(keeps.key, keeps.values) : '');
  };
  store.follow(['status', 'notice', 'kept'], showTexts);
  store.follow(['phase'], showButtons);
  store.follow(['hints'], showHints);
  const progress = element('progress', HTMLProgressElement);
  store.follow(['done', 'settings'], ({ done, settings }) => {
    progress.value = settings?.compare ? (done.main + done.plain) / 2 : done.main;
  });
  store.follow(['histories', 'imagesPerSecond'], showFigures);
  const charts = {
    loss: new RunChart('loss', element('loss-chart', HTMLElement)),
    accuracy: new RunChart('accuracy', element('accuracy-chart', HTMLElement)),
  };
  const draw = ({ histories, settings }: PageState): void => {
    for (const chart of Object.values(charts)) chart.show(histories.of, settings?.compare ?? false);
  };
  store.follow(['histories'], draw);
  const describe = (): void => {
    describeChart(store.state, 'loss', (value) => value.toFixed(4));
    describeChart(store.state, 'accuracy', percent);
  };
  // Spoken rarely: a screen reader may follow it.
  store.follow(['phase', 'summary'], describe);
  onLanguage(() => {
    showTexts(store.state);
    showButtons(store.state);
    showHints(store.state);
    showFigures(store.state);
    for (const chart of Object.values(charts)) chart.translate();
    draw(store.state);
    describe();
  });
  return charts;
}

/** Only on a change: a screen reader speaks every write. */
function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

function showButtons({ phase }: PageState): void {
  const button = (id: string) => element(id, HTMLButtonElement);
  const isUnderWay = phase !== 'idle' && phase !== 'finished';
  button('start').disabled = isUnderWay;
  button('pause').disabled = phase !== 'running' && phase !== 'paused';
  button('pause').textContent = t(phase === 'paused' ? 'goOn' : 'pause');
  button('step').disabled = phase !== 'paused';
  button('stop').disabled = phase !== 'running' && phase !== 'paused' && phase !== 'pausing';
}

/** Share of the newest steps that the figures are a mean of. */
const newestSteps = 20;

function showFigures({ histories, imagesPerSecond }: PageState): void {
  const { steps, evaluations } = histories.of.main;
  const newest = steps.slice(-newestSteps);
  const right = newest.reduce((sum, { accuracy }) => sum + accuracy, 0) / newest.length;
  setText(element('loss', HTMLElement), steps.at(-1)?.loss.toFixed(4) ?? '–');
  setText(element('accuracy', HTMLElement), percent(right));
  setText(element('test-accuracy', HTMLElement), percent(evaluations.at(-1)?.accuracy ?? Number.NaN));
  setText(element('speed', HTMLElement), whole(imagesPerSecond));
}

/** The adviser's words are the engine's, in English. */
function showHints({ hints }: PageState): void {
  element('hints', HTMLElement).hidden = hints.length === 0;
  element('hint-list', HTMLElement).replaceChildren(
    ...hints.map(({ run, message, suggestion, source }) => {
      const item = document.createElement('li');
      item.lang = 'en';
      item.title = source;
      item.textContent = `${run === 'plain' ? `(${t('hintPlain')}) ` : ''}${message}: ${suggestion}`;
      return item;
    }),
  );
}

function describeChart({ histories }: PageState, what: 'loss' | 'accuracy', format: (value: number) => string): void {
  const { steps, evaluations } = histories.of.main;
  const [last, test] = [steps.at(-1), evaluations.at(-1)];
  const title: Key = what === 'loss' ? 'lossByStep' : 'accuracyByStep';
  const label = last
    ? t('chartText', {
        title: t(title),
        train: format(last[what]),
        test: test ? format(test[what]) : '–',
        step: last.step,
      })
    : t(title);
  element(`${what}-chart`, HTMLElement).setAttribute('aria-label', label);
}
