/** The page: puts its parts together. Training itself happens in a coordinator worker and its trainer workers. */
import { language, setLanguage, t, translate } from '../i18n/index.ts';
import type { RunSettings } from '../run/settings.ts';
import { DataChoice } from './data-choice.ts';
import { showDrawing } from './draw-view.ts';
import { showDropout } from './dropout-view.ts';
import { element } from './elements.ts';
import { offerExports } from './export.ts';
import { isolate } from './isolation.ts';
import { showLanes } from './lanes-view.ts';
import { showMistakes } from './mistakes-view.ts';
import { lineOf, RunControl } from './run-control.ts';
import { showRun } from './run-view.ts';
import { offerSavedRun } from './saved-banner.ts';
import { SettingsForm } from './settings-form.ts';
import { Store } from './store.ts';
import { showWeights } from './weights-view.ts';

const store = new Store();
const control = new RunControl(store);

translate();
const languages = element('language', HTMLSelectElement);
languages.value = language();
languages.addEventListener('change', () => setLanguage(languages.value));

const choice = new DataChoice((notice) => store.set({ notice }));
const form = new SettingsForm(() => choice.source());
offerExports(store, showRun(store));
showWeights(store, () => {
  const settings = form.peek();
  return settings && whole(settings);
});
showLanes(store);
showDropout(store);
showMistakes(store);
showDrawing(store);
store.follow(['phase'], ({ phase }) => {
  form.enabled = phase === 'idle' || phase === 'finished';
});
element('pause', HTMLButtonElement).addEventListener('click', () => control.togglePause());
element('step', HTMLButtonElement).addEventListener('click', () => control.step());
element('stop', HTMLButtonElement).addEventListener('click', () => control.stop());

const isolation = await isolate();
if (isolation === 'insecure') {
  store.set({ notice: t('insecure') });
  element('start', HTMLButtonElement).disabled = true;
} else if (isolation !== 'reloading') await begin(isolation === 'alone');

async function begin(alone: boolean): Promise<void> {
  if (alone) {
    const notice = element('isolation', HTMLElement);
    notice.dataset.t = 'notIsolated';
    notice.hidden = false;
    translate();
  }
  form.onSubmit(() => start());
  await choice.fill();
  const query = new URLSearchParams(location.search);
  try {
    form.preset(query);
    const autostart = query.get('autostart') ?? '0';
    if (autostart !== '0' && autostart !== 'false') start();
  } catch (error) {
    store.set({ notice: lineOf(error) });
  }
  // The command of these settings.
  element('settings', HTMLFormElement).dispatchEvent(new Event('change'));
  await offerSavedRun(store, (settings) => {
    const workers = form.peek()?.workers ?? settings.workers;
    void control.start({ ...settings, workers }, true);
  });
}

/** A page keeps its runs where they can be started again from what the site serves. */
function whole(settings: ReturnType<SettingsForm['read']>): RunSettings {
  return { ...settings, keep: settings.data.kind === 'served', profile: true };
}

function start(): void {
  if (store.state.phase !== 'idle' && store.state.phase !== 'finished') return;
  try {
    void control.start(whole(form.read()));
  } catch (error) {
    store.set({ notice: lineOf(error) });
  }
}
