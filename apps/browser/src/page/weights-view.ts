/** The fingerprint of the weights, the command that gives it in Node, and whether the two are the same. */
import { onLanguage, t } from '../i18n/index.ts';
import { element } from './elements.ts';
import { nodeCommand } from './node-command.ts';
import type { PageState, Store } from './store.ts';

/** `chosen`: the settings in the form, for a command before there is a run; undefined while they are not whole. */
export function showWeights(store: Store, chosen: () => PageState['settings']): void {
  const hash = element('weights-hash', HTMLOutputElement);
  const command = element('command', HTMLElement);
  const modelFile = element('model-file', HTMLElement);
  const nodeHash = element('node-hash', HTMLInputElement);
  const verdict = element('verdict', HTMLElement);

  const showCommand = (): void => {
    const { settings, phase } = store.state;
    const of = phase === 'idle' ? (chosen() ?? settings) : settings;
    const { command: text, modelFile: file, pathIsGuessed } = of ? nodeCommand(of) : { pathIsGuessed: false };
    command.textContent = text ?? '';
    modelFile.hidden = file === undefined;
    element('model-file-text', HTMLElement).textContent = file ?? '';
    element('command-note', HTMLElement).hidden = !pathIsGuessed;
  };
  const compare = (): void => {
    const given = nodeHash.value.trim().toLowerCase();
    const own = store.state.summary?.weightsHash;
    verdict.className = '';
    if (given === '') verdict.textContent = '';
    else if (own === undefined) verdict.textContent = t('notYet');
    else {
      // The command line prints the first twelve digits, its record all of them.
      const same = given.length >= 12 && own.startsWith(given);
      verdict.textContent = t(same ? 'same' : 'different');
      verdict.className = same ? 'good' : 'bad';
    }
  };
  store.follow(['summary'], ({ summary }) => {
    hash.value = summary?.weightsHash ?? '–';
    compare();
  });
  store.follow(['settings', 'phase'], showCommand);
  element('settings', HTMLFormElement).addEventListener('input', showCommand);
  element('settings', HTMLFormElement).addEventListener('change', showCommand);
  nodeHash.addEventListener('input', compare);
  const copied = element('copied', HTMLElement);
  element('copy', HTMLButtonElement).addEventListener('click', async () => {
    await navigator.clipboard.writeText(command.textContent ?? '');
    copied.textContent = t('copied');
    setTimeout(() => {
      copied.textContent = '';
    }, 2000);
  });
  onLanguage(compare);
}
