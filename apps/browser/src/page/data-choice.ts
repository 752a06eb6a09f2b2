/** The choice of data: what the site serves, or a table or a folder of images that the visitor drops. */
import { onLanguage, t } from '../i18n/index.ts';
import { type DataSource, type DroppedFile, type ServedName, servedNames } from '../run/settings.ts';
import { parseCsvHeader } from './csv-header.ts';
import { droppedFiles } from './dropped-files.ts';
import { element } from './elements.ts';
import { FieldError, rejectField } from './settings-form.ts';
import type { Message } from './store.ts';

const titles: Readonly<Record<ServedName, string>> = {
  mnist: 'MNIST',
  'fashion-mnist': 'Fashion-MNIST',
  cifar10: 'CIFAR-10',
};
const own = 'own';
/** Of a table: enough for the line of column names. */
const headBytes = 2 ** 16;

type OwnData =
  | { readonly kind: 'csv'; readonly name: string; readonly file: File }
  | Extract<DataSource, { kind: 'images' }>;

export class DataChoice {
  readonly #select: HTMLSelectElement = element('data', HTMLSelectElement);
  readonly #panel: HTMLElement = element('own', HTMLElement);
  readonly #label: HTMLSelectElement = element('label', HTMLSelectElement);
  readonly #status: HTMLElement = element('own-status', HTMLElement);
  readonly #onProblem: (line: string) => void;
  #own: OwnData | undefined;
  #text: Message = { key: 'ownNone' };

  /** `onProblem`: is told what is wrong with a file. */
  constructor(onProblem: (line: string) => void) {
    this.#onProblem = onProblem;
    this.#select.addEventListener('change', () => this.#show());
    const take = (input: HTMLInputElement) => {
      const files = [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
      if (files.length > 0) void this.#take(files);
    };
    for (const id of ['csv-file', 'folder']) {
      const input = element(id, HTMLInputElement);
      input.addEventListener('change', () => take(input));
    }
    document.addEventListener('dragover', (event) => event.preventDefault());
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      if (event.dataTransfer && !this.#select.disabled) void this.#drop(event.dataTransfer);
    });
    onLanguage(() => this.#show());
  }

  /** Lists what the site serves. */
  async fill(): Promise<void> {
    const answer = await fetch(new URL('./data/index.json', document.baseURI));
    const names = (answer.ok ? await answer.json() : ['mnist']) as string[];
    const served = servedNames.filter((name) => names.includes(name));
    this.#select.replaceChildren(...served.map((name) => new Option(titles[name], name)), new Option('', own));
    this.#show();
  }

  /** @throws FieldError while something is left to choose. */
  source(): DataSource {
    const name = servedNames.find((served) => served === this.#select.value);
    if (name) return { kind: 'served', name, folder: new URL(`./data/${name}/`, document.baseURI).href };
    if (!this.#own) throw new FieldError(`${t('data')}: ${t('needFiles')}`);
    if (this.#own.kind === 'images') return this.#own;
    if (this.#label.value === '') rejectField(this.#label, t('needCsvLabel'));
    return { ...this.#own, label: this.#label.value };
  }

  #show(): void {
    const option = [...this.#select.options].find(({ value }) => value === own);
    if (option) option.text = t('ownData');
    this.#panel.hidden = this.#select.value !== own;
    element('label-field', HTMLElement).hidden = this.#own?.kind !== 'csv';
    this.#status.textContent = t(this.#text.key, this.#text.values);
  }

  async #drop(transfer: DataTransfer): Promise<void> {
    const files = await droppedFiles(transfer);
    if (files.length > 0) await this.#take(files);
  }

  async #take(files: readonly (DroppedFile & { file: File })[]): Promise<void> {
    this.#select.value = own;
    this.#select.dispatchEvent(new Event('change'));
    const images = files.filter(({ path }) => /(^|\/)(train|test|val)\/[^/]+\/[^/]+\.png$/i.test(path));
    const first = files[0]!;
    const name = first.path.split('/')[0]!;
    if (images.length > 0) {
      this.#own = { kind: 'images', name, files: images };
      this.#text = { key: 'ownImages', values: { name, count: images.length } };
    } else if (/\.csv$/i.test(first.path)) await this.#takeTable(first.file);
    else this.#onProblem(t('badDrop', { name }));
    this.#show();
  }

  async #takeTable(file: File): Promise<void> {
    const columns = parseCsvHeader(await file.slice(0, headBytes).text());
    if (columns.length < 2) {
      this.#onProblem(t('badCsv', { name: file.name }));
      return;
    }
    this.#own = { kind: 'csv', name: file.name, file };
    this.#text = { key: 'ownCsv', values: { name: file.name, columns: columns.length } };
    this.#label.replaceChildren(...columns.map((column) => new Option(column, column)));
    // Tables mostly have their class last.
    this.#label.value = columns.at(-1)!;
    const model = element('model', HTMLSelectElement);
    model.value = 'mlp';
    model.dispatchEvent(new Event('change'));
  }
}
