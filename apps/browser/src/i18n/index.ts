/** The language of the page: texts with values in them, elements that follow a change of it, and how numbers are written. */
import { en, type Key } from './en.ts';
import { zh } from './zh.ts';

export type { Key } from './en.ts';

const languages = { en, zh } as const;
type Language = keyof typeof languages;

const storageKey = 'lockstep-language';
const followers: (() => void)[] = [];
let current: Language = chosenBefore() ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');

/** The text, with `{name}` replaced by the value of that name. */
export function t(key: Key, values: Readonly<Record<string, string | number>> = {}): string {
  const textOf = (value: string | number): string => (typeof value === 'number' ? whole(value) : value);
  return languages[current][key].replaceAll(/\{(\w+)\}/g, (_, name: string) => textOf(values[name] ?? ''));
}

export function language(): Language {
  return current;
}

export function setLanguage(code: string): void {
  if (!isLanguage(code)) return;
  current = code;
  try {
    localStorage.setItem(storageKey, code);
  } catch {
    // Not remembered where nothing may be stored.
  }
  translate();
  for (const follow of followers) follow();
}

/** Called after every change of the language. */
export function onLanguage(follow: () => void): void {
  followers.push(follow);
}

/**
 * Fills the elements of the page: `data-t` names the text of an element, `data-t-label` its accessible name, `data-t-placeholder` what an
 * empty field shows.
 */
export function translate(): void {
  document.documentElement.lang = current === 'zh' ? 'zh-Hans' : 'en';
  document.title = t('title');
  for (const found of document.querySelectorAll<HTMLElement>('[data-t], [data-t-label], [data-t-placeholder]')) {
    const { t: text, tLabel, tPlaceholder } = found.dataset;
    if (text) found.textContent = t(text as Key);
    if (tLabel) found.setAttribute('aria-label', t(tLabel as Key));
    if (tPlaceholder) found.setAttribute('placeholder', t(tPlaceholder as Key));
  }
}

export function percent(part: number, digits = 2): string {
  if (!Number.isFinite(part)) return '–';
  const options = { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(current, options).format(part);
}

export function whole(value: number): string {
  return Number.isFinite(value) ? new Intl.NumberFormat(current, { maximumFractionDigits: 0 }).format(value) : '–';
}

function chosenBefore(): Language | undefined {
  try {
    const code = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem(storageKey) ?? '';
    return isLanguage(code) ? code : undefined;
  } catch {
    return undefined;
  }
}

function isLanguage(code: string): code is Language {
  return Object.hasOwn(languages, code);
}
