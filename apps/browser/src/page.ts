/** The page: starts a coordinator worker for every run, shows what it reports, and can stop it. It never computes. */
import { proxy, type Remote, wrap } from 'comlink';
import type { CoordinatorApi, RunSummary } from './run/messages.ts';
import type { RunSettings } from './run/settings.ts';
import { element } from './ui/elements.ts';
import { RunView } from './ui/run-view.ts';
import { SettingsForm } from './ui/settings-form.ts';

const form = new SettingsForm();
const view = new RunView();
const startButton = element('start', HTMLButtonElement);
const stopButton = element('stop', HTMLButtonElement);
let coordinator: Remote<CoordinatorApi> | undefined;

form.onSubmit(() => void start());
stopButton.addEventListener('click', stop);

const hindrance = whyNotHere();
if (hindrance) {
  view.notice(hindrance);
  view.status = 'This page cannot train here.';
  startButton.disabled = true;
}
preset(new URLSearchParams(location.search));

/** The address chooses the settings, and may start the run. */
function preset(query: URLSearchParams): void {
  try {
    form.preset(query);
    if (isOn(query.get('autostart')) && !hindrance) void start();
  } catch (error) {
    view.notice(lineOf(error));
  }
}

async function start(): Promise<void> {
  if (coordinator) return;
  try {
    const settings = form.read();
    view.begin(settings.epochs);
    view.status = 'Starting…';
    setRunning(true);
    view.finish(await run(settings));
  } catch (error) {
    view.notice(lineOf(error));
    view.status = 'Not trained.';
  } finally {
    setRunning(false);
  }
}

/** A worker of its own for each run: ending it gives all its memory back. */
async function run(settings: RunSettings): Promise<RunSummary> {
  const worker = new Worker(new URL('./coordinator.js', import.meta.url), { type: 'module' });
  const broken = new Promise<never>((_, reject) => {
    worker.addEventListener('error', (event) => reject(new Error(event.message || 'the coordinator could not start')));
  });
  coordinator = wrap<CoordinatorApi>(worker);
  try {
    return await Promise.race([
      coordinator.run(
        settings,
        proxy((update) => view.show(update)),
      ),
      broken,
    ]);
  } finally {
    coordinator = undefined;
    worker.terminate();
  }
}

function stop(): void {
  stopButton.disabled = true;
  view.status = 'Stopping after this step…';
  void coordinator?.stop();
}

function setRunning(running: boolean): void {
  form.enabled = !running;
  startButton.disabled = running;
  stopButton.disabled = !running;
}

/** Why training is not possible on this page, and what helps; undefined when it is. */
function whyNotHere(): string | undefined {
  if (!isSecureContext) return 'Workers can share memory only on https or localhost: open this page there.';
  if (!crossOriginIsolated || typeof SharedArrayBuffer === 'undefined') {
    return 'Workers cannot share memory, because this page is not cross-origin isolated. Serve it with “npm run browser”, or send the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.';
  }
  return undefined;
}

function lineOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
}

function isOn(value: string | null): boolean {
  return value !== null && value !== '0' && value !== 'false';
}
