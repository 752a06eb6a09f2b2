/** The site's server: isolation headers, types, and nothing outside its folder. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Serving, serve } from '../src/static-server.ts';

let folder: string;
let serving: Serving;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-server-'));
  await mkdir(join(folder, 'site/data'), { recursive: true });
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await writeFile(join(folder, 'site/index.html'), '<!doctype html>');
  await writeFile(join(folder, 'site/page.js'), 'export {};');
  await writeFile(join(folder, 'site/data/images-ubyte'), Uint8Array.of(0, 0, 8, 3));
  serving = await serve({ root: join(folder, 'site'), port: 0 });
});
afterAll(async () => {
  await serving.close();
  await rm(folder, { recursive: true });
});

/** A request with the path as it is: `fetch` would resolve its dots. */
async function ask(path: string, method = 'GET'): Promise<{ response: IncomingMessage; body: string }> {
  const { hostname, port } = new URL(serving.address);
  const response = await new Promise<IncomingMessage>((done, failed) => {
    request({ hostname, port, path, method }, done).on('error', failed).end();
  });
  return { response, body: await text(response) };
}

describe('the server', () => {
  test('isolates every answer, also a refusal', async () => {
    for (const path of ['/', '/page.js', '/missing']) {
      expect((await ask(path)).response.headers).toMatchObject({
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  test('gives files with their types and sizes', async () => {
    const got = await Promise.all(['/', '/index.html?x=1', '/page.js', '/data/images-ubyte'].map((path) => ask(path)));
    expect(got.map(({ response }) => [response.statusCode, response.headers['content-type']])).toEqual([
      [200, 'text/html; charset=utf-8'],
      [200, 'text/html; charset=utf-8'],
      [200, 'text/javascript; charset=utf-8'],
      [200, 'application/octet-stream'],
    ]);
    expect(got.map(({ body }) => body)).toEqual(['<!doctype html>', '<!doctype html>', 'export {};', '\0\0\b\u0003']);
    expect(await ask('/page.js', 'HEAD')).toMatchObject({
      response: { headers: { 'content-length': '10' } },
      body: '',
    });
  });

  for (const [path, status] of [
    ['/missing', 404],
    ['/data', 404],
    ['/data/', 404],
    ['/../secret.txt', 400],
    ['/data/../../secret.txt', 400],
    ['/%2e%2e/secret.txt', 400],
    ['/..%2fsecret.txt', 400],
    ['/%00', 400],
    ['/%', 400],
    ['*', 400],
  ] as const) {
    test(`answers ${path} with ${status}`, async () => {
      const { response, body } = await ask(path);
      expect(response.statusCode).toBe(status);
      expect(body).not.toContain('secret');
    });
  }

  test('takes GET and HEAD only', async () => {
    expect((await ask('/', 'POST')).response).toMatchObject({ statusCode: 405, headers: { allow: 'GET, HEAD' } });
  });

  test('rejects when the port is taken', async () => {
    const port = Number(new URL(serving.address).port);
    await expect(serve({ root: folder, port })).rejects.toThrow('EADDRINUSE');
  });
});
