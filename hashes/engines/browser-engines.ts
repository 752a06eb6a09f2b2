/** Runs jobs in a browser: a small server gives it the page and takes the results; no driver is needed. */
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { JobResult } from '../programs/jobs.ts';
import type { EngineWork } from './engine.ts';

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };
/** Shared memory needs a page that is isolated from others. */
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
/** A browser that says nothing for so long will not. */
const silenceMs = 120_000;

/** `args`: the browser's arguments, given its profile's folder and the page's address. */
export async function runBrowser(
  work: EngineWork,
  args: (profile: string, address: string) => string[],
): Promise<void> {
  const profile = await mkdtemp(join(tmpdir(), 'lockstep-profile-'));
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  let watch = setTimeout(() => {}, 0);
  const alive = () => {
    clearTimeout(watch);
    watch = setTimeout(() => reject(new Error(`no result for ${silenceMs / 1000} s`)), silenceMs);
  };
  const server = createServer((request, response) => {
    alive();
    respond(request, { response, work, end: (error) => (error ? reject(new Error(error)) : resolve()) }).catch(reject);
  });
  try {
    if (work.mode.prefs) await writeFile(join(profile, 'user.js'), `${work.mode.prefs.join('\n')}\n`);
    const address = await listen(server);
    alive();
    // A group of its own, so that the browser's own processes end with it.
    const browser = spawn(work.path, [...(work.mode.flags ?? []), ...args(profile, address)], {
      detached: true,
      stdio: 'ignore',
    });
    const gone = new Promise<void>((done) => browser.on('close', () => done()));
    browser.on('error', reject);
    gone.then(() => reject(new Error('the browser ended before its work was done')));
    try {
      await ended;
    } finally {
      if (browser.pid !== undefined && browser.exitCode === null) process.kill(-browser.pid, 'SIGKILL');
      await gone;
    }
  } finally {
    clearTimeout(watch);
    server.closeAllConnections();
    server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function listen(server: Server): Promise<string> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
  });
}

async function respond(
  request: IncomingMessage,
  to: { response: ServerResponse; work: EngineWork; end: (error: string | undefined) => void },
): Promise<void> {
  const { response, work, end } = to;
  const name = basename(request.url ?? '') || 'index.html';
  if (request.method === 'POST') {
    const body: unknown = JSON.parse(await text(request));
    response.writeHead(204).end();
    if (name === 'result') work.onResult(body as JobResult);
    else end((body as { error?: string }).error);
    return;
  }
  if (name === 'jobs') {
    response.writeHead(200, { ...isolation, 'Content-Type': 'application/json' }).end(JSON.stringify(work.jobs));
    return;
  }
  const file = createReadStream(join(work.bundles.site, name));
  file.on('error', () => response.writeHead(404).end());
  file.on('open', () => {
    response.writeHead(200, { ...isolation, 'Content-Type': types[extname(name)] ?? 'application/octet-stream' });
    file.pipe(response);
  });
}
