/** The site built from source into a temporary folder and served, so that tests need no build before. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { buildSite } from '../scripts/build.ts';
import { type Serving, serve } from '../src/static-server.ts';

export interface TestSite extends Serving {
  readonly folder: string;
}

export async function serveTestSite(entries: Readonly<Record<string, string>> = {}): Promise<TestSite> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-site-'));
  await buildSite({ folder, entries, data: ['mnist'] });
  const { address, close } = await serve({ root: folder, port: 0 });
  return {
    address,
    folder,
    async close() {
      await close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The same site from a host that sends no headers of isolation, as most that serve static files. */
export async function withoutIsolation(site: TestSite): Promise<Serving> {
  const server = createServer(async (request, response) => {
    const answer = await fetch(new URL(`.${request.url}`, site.address));
    const headers = [...answer.headers].filter(([name]) => !name.startsWith('cross-origin'));
    response.writeHead(answer.status, Object.fromEntries(headers));
    Readable.fromWeb(answer.body as ReadableStream).pipe(response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
