/** The form of the settings: presets from the address, checks, and what the visitor chose. */
import { t } from '../i18n/index.ts';
import {
  type DataSource,
  defaultDropout,
  defaultLr,
  inputPart,
  type ModelName,
  modelNames,
  type OptimizerName,
  optimizerNames,
  type RunSettings,
} from '../run/settings.ts';
import { element } from './elements.ts';

type Field = HTMLInputElement | HTMLSelectElement;

/** A field that does not hold what it must; the message names it. */
export class FieldError extends Error {
  override readonly name = 'FieldError';
}

export class SettingsForm {
  readonly #form: HTMLFormElement = element('settings', HTMLFormElement);
  readonly #fields: HTMLFieldSetElement = element('fields', HTMLFieldSetElement);
  readonly #model: HTMLSelectElement = element('model', HTMLSelectElement);
  readonly #optimizer: HTMLSelectElement = element('optimizer', HTMLSelectElement);
  readonly #lr: HTMLInputElement = element('lr', HTMLInputElement);
  readonly #momentum: HTMLInputElement = element('momentum', HTMLInputElement);
  readonly #dropout: HTMLInputElement = element('dropout', HTMLInputElement);
  readonly #inputDropout: HTMLInputElement = element('inputDropout', HTMLInputElement);
  readonly #source: () => DataSource;
  /** p at the input stays a part of the other one until it is moved by itself. */
  #inputFollows = true;

  /** `source`: the data that is chosen; may throw a FieldError. */
  constructor(source: () => DataSource) {
    this.#source = source;
    this.#optimizer.addEventListener('change', () => this.#followOptimizer());
    this.#model.addEventListener('change', () => this.#followModel());
    this.#dropout.addEventListener('input', () => this.#showRates());
    this.#inputDropout.addEventListener('input', () => {
      this.#inputFollows = false;
      this.#showRates();
    });
  }

  /**
   * Fills the fields: workers from the machine, then whatever the address names (`?limit=600&workers=2`). A FieldError for a value that the
   * field cannot take.
   */
  preset(query: URLSearchParams): void {
    element('workers', HTMLInputElement).value = String(navigator.hardwareConcurrency ?? 1);
    const model = query.get('model');
    if (model !== null) this.#fill(this.#model, model);
    this.#followModel();
    for (const field of this.#inputs()) {
      const value = query.get(field.name);
      if (value === null || field === this.#model) continue;
      if (field === this.#inputDropout) this.#inputFollows = false;
      this.#fill(field, value);
    }
    this.#followOptimizer();
    this.#showRates();
  }

  onSubmit(start: () => void): void {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      start();
    });
  }

  set enabled(enabled: boolean) {
    this.#fields.disabled = !enabled;
  }

  /** The settings; a FieldError for the first field that does not fit, which gets the focus. */
  read(): Omit<RunSettings, 'keep' | 'profile'> {
    for (const field of this.#inputs()) field.removeAttribute('aria-invalid');
    const invalid = this.#inputs().find((field) => !field.validity.valid);
    if (invalid) rejectField(invalid, invalid.validationMessage);
    return this.#values();
  }

  /** As `read`, but leaves the form as it is; undefined while something does not fit. */
  peek(): ReturnType<SettingsForm['read']> | undefined {
    if (this.#inputs().some((field) => !field.validity.valid)) return undefined;
    try {
      return this.#values();
    } catch (error) {
      if (error instanceof FieldError) return undefined;
      throw error;
    }
  }

  #values(): ReturnType<SettingsForm['read']> {
    const required = (name: string) => Number(this.#value(name));
    const optional = (name: string) => (this.#value(name) === '' ? undefined : required(name));
    const [optimizer, model] = [this.#chosenOptimizer(), this.#chosenModel()];
    const setsInput = model === 'mlp' && !this.#inputFollows;
    return {
      data: this.#source(),
      model,
      dropout: required('dropout'),
      ...(setsInput ? { inputDropout: required('inputDropout') } : {}),
      compare: this.#value('compare') !== '',
      workers: required('workers'),
      shards: optional('shards'),
      epochs: required('epochs'),
      batchSize: required('batchSize'),
      seed: required('seed'),
      limit: optional('limit'),
      evalLimit: optional('evalLimit'),
      lr: optional('lr') ?? defaultLr[optimizer],
      momentum: Number(this.#momentum.value),
      optimizer,
    };
  }

  #inputs(): Field[] {
    return [...this.#form.querySelectorAll<Field>('input[name], select[name]')];
  }

  #fill(field: Field, value: string): void {
    if (field instanceof HTMLInputElement && field.type === 'checkbox') {
      field.checked = value !== '0' && value !== 'false';
      return;
    }
    field.value = value;
    if (field.value !== value) rejectField(field, t('fieldCannot', { value }));
  }

  #value(name: string): string {
    return String(new FormData(this.#form).get(name) ?? '');
  }

  #chosenOptimizer(): OptimizerName {
    return optimizerNames.find((known) => known === this.#optimizer.value)!;
  }

  #chosenModel(): ModelName {
    return modelNames.find((known) => known === this.#model.value)!;
  }

  /** The default rate depends on the optimizer, and only SGD has momentum. */
  #followOptimizer(): void {
    const optimizer = this.#chosenOptimizer();
    this.#lr.placeholder = String(defaultLr[optimizer]);
    this.#momentum.disabled = optimizer !== 'sgd';
  }

  /** Each model has a usual p of its own, and the MLP one at the input. */
  #followModel(): void {
    const model = this.#chosenModel();
    element('input-dropout-field', HTMLElement).hidden = model !== 'mlp';
    this.#dropout.value = String(defaultDropout[model]);
    this.#inputFollows = true;
    this.#showRates();
  }

  #showRates(): void {
    if (this.#inputFollows) this.#inputDropout.value = String(Number(this.#dropout.value) * inputPart);
    for (const slider of [this.#dropout, this.#inputDropout])
      element(`${slider.id}-value`, HTMLOutputElement).value = Number(slider.value).toFixed(2);
  }
}

/** Marks the field, gives it the focus and throws a FieldError. */
export function rejectField(field: Field, message: string): never {
  field.setAttribute('aria-invalid', 'true');
  const details = field.closest('details');
  if (details) details.open = true;
  field.focus();
  const label = field.labels?.[0]?.querySelector('span')?.textContent?.trim() ?? field.name;
  throw new FieldError(`${label}: ${message}`);
}
