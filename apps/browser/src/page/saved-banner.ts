/** Offers to go on with a run that a closed tab left behind. */
import { onLanguage, t } from '../i18n/index.ts';
import { findSavedRun, forgetSavedRun, type SavedRun } from '../run/saved-run.ts';
import type { RunSettings } from '../run/settings.ts';
import { element } from './elements.ts';
import type { Store } from './store.ts';

/** `resume`: is given the settings that the run was started with. */
export async function offerSavedRun(store: Store, resume: (settings: RunSettings) => void): Promise<void> {
  const banner = element('saved', HTMLElement);
  let saved: SavedRun | undefined;
  const show = (): void => {
    const { phase } = store.state;
    banner.hidden = !saved || (phase !== 'idle' && phase !== 'finished');
    if (!saved) return;
    const { model, data } = saved.settings;
    const name = data.kind === 'arrays' ? '' : data.name;
    element('saved-text', HTMLElement).textContent = t('savedRun', { model, data: name, step: saved.step });
  };
  const look = async (): Promise<void> => {
    saved = await findSavedRun();
    show();
  };
  element('resume-saved', HTMLButtonElement).addEventListener('click', () => saved && resume(saved.settings));
  element('forget-saved', HTMLButtonElement).addEventListener('click', async () => {
    await forgetSavedRun();
    await look();
  });
  onLanguage(show);
  // What a run leaves, or has used up.
  store.follow(['phase'], ({ phase }) => void (phase === 'idle' || phase === 'finished' ? look() : show()));
  await look();
}
