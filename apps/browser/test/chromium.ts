/** Chromium for the tests: found or named, started once a file, with pages that fail the test on any console error. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';

const path = process.env.CHROMIUM || '/usr/bin/chromium';
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: flags });
}

/** `describe` with a browser. Without one the tests are skipped and say so; where CI is set, that is a failure. */
export function describeInChromium(name: string, tests: () => void): void {
  if (existsSync(path)) {
    describe(name, tests);
    return;
  }
  const hint = `no Chromium at ${path}: install one (apt-get install chromium) or set CHROMIUM to its path`;
  if (process.env.CI === 'true') {
    test(name, () => expect.fail(hint));
    return;
  }
  console.warn(`skipped “${name}”: ${hint}`);
  describe.skip(name, tests);
}

export interface WatchedPage {
  readonly page: Page;
  /** Console errors and uncaught exceptions so far. */
  readonly errors: string[];
}

export interface PageOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Without them the page cannot mend what its host leaves out. Default `allow`. */
  readonly serviceWorkers?: 'allow' | 'block';
}

/** A page of a browser profile of its own; closing the profile closes it. */
export async function openPage(browser: Browser, options: PageOptions = {}): Promise<WatchedPage> {
  const { viewport = { width: 1200, height: 1000 }, serviceWorkers = 'allow' } = options;
  return watched(await browser.newContext({ viewport, serviceWorkers }));
}

/** One more page of a profile. */
export async function watched(profile: BrowserContext): Promise<WatchedPage> {
  const page = await profile.newPage();
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  return { page, errors };
}
