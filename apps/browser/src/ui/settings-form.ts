/** The form of the settings: presets from the address, checks, and what the visitor chose. */
import { defaultLr, type OptimizerName, optimizerNames, type RunSettings } from '../run/settings.ts';
import { element } from './elements.ts';

/** A field that does not hold what it must; the message names it. */
export class FieldError extends Error {
  override readonly name = 'FieldError';
}

export class SettingsForm {
  readonly #form: HTMLFormElement = element('settings', HTMLFormElement);
  readonly #fields: HTMLFieldSetElement = element('fields', HTMLFieldSetElement);
  readonly #optimizer: HTMLSelectElement = element('optimizer', HTMLSelectElement);
  readonly #lr: HTMLInputElement = element('lr', HTMLInputElement);
  readonly #momentum: HTMLInputElement = element('momentum', HTMLInputElement);

  constructor() {
    this.#optimizer.addEventListener('change', () => this.#followOptimizer());
  }

  /**
   * Fills the fields: workers from the machine, then whatever the address names (`?limit=600&workers=2`). A FieldError for a value that the
   * field cannot take.
   */
  preset(query: URLSearchParams): void {
    element('workers', HTMLInputElement).value = String(navigator.hardwareConcurrency ?? 1);
    for (const field of this.#inputs()) {
      const value = query.get(field.name);
      if (value === null) continue;
      field.value = value;
      if (field.value !== value) reject(field, `this cannot be “${value}”, as the address says.`);
    }
    this.#followOptimizer();
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
  read(): RunSettings {
    for (const field of this.#inputs()) field.removeAttribute('aria-invalid');
    const invalid = this.#inputs().find((field) => !field.validity.valid);
    if (invalid) reject(invalid, invalid.validationMessage);
    const required = (name: string) => Number(this.#value(name));
    const optional = (name: string) => (this.#value(name) === '' ? undefined : required(name));
    const optimizer = this.#chosenOptimizer();
    return {
      workers: required('workers'),
      shards: optional('shards'),
      epochs: required('epochs'),
      batchSize: required('batchSize'),
      seed: required('seed'),
      limit: optional('limit'),
      evalLimit: optional('evalLimit'),
      dropout: required('dropout'),
      lr: optional('lr') ?? defaultLr[optimizer],
      momentum: required('momentum'),
      optimizer,
    };
  }

  #inputs(): (HTMLInputElement | HTMLSelectElement)[] {
    return [...this.#form.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select')];
  }

  #value(name: string): string {
    return String(new FormData(this.#form).get(name) ?? '');
  }

  #chosenOptimizer(): OptimizerName {
    const name = optimizerNames.find((known) => known === this.#optimizer.value);
    return name ?? reject(this.#optimizer, `expected ${optimizerNames.join(', ')}.`);
  }

  /** The default rate depends on the optimizer, and only SGD has momentum. */
  #followOptimizer(): void {
    const optimizer = this.#chosenOptimizer();
    this.#lr.placeholder = String(defaultLr[optimizer]);
    this.#momentum.disabled = optimizer !== 'sgd';
  }
}

function reject(field: HTMLInputElement | HTMLSelectElement, message: string): never {
  field.setAttribute('aria-invalid', 'true');
  field.focus();
  const label = field.labels?.[0]?.firstChild?.textContent?.trim() ?? field.name;
  throw new FieldError(`${label}: ${message}`);
}
