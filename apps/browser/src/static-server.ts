/** A small static file server whose answers make a page cross-origin isolated, as shared memory needs. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface ServeOptions {
  /** The folder to serve. */
  readonly root: string;
  /** 0 = any free port. */
  readonly port: number;
}

export interface Serving {
  /** Where the site is, ending in a slash. */
  readonly address: string;
  close(): Promise<void>;
}

const host = '127.0.0.1';

/** What makes a page cross-origin isolated, so that its threads may share memory. */
export const isolationHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;

const headers = {
  ...isolationHeaders,
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
} as const;

const mimeTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.map': 'application/json',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
};

/** Rejects when the port is taken. Only this machine can reach it. */
export async function serve({ root, port }: ServeOptions): Promise<Serving> {
  const folder = resolve(root);
  const server = createServer((request, response) => {
    respond(request, { folder, response }).catch(() => response.destroy());
  });
  await listening(server, port);
  const { port: used } = server.address() as AddressInfo;
  return {
    address: `http://${host}:${used}/`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(port, host, done);
  });
}

async function respond(request: IncomingMessage, to: { folder: string; response: ServerResponse }): Promise<void> {
  const { folder, response } = to;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    refuse(response, { status: 405, reason: 'only GET and HEAD', headers: { Allow: 'GET, HEAD' } });
    return;
  }
  const path = filePath(folder, request.url ?? '/');
  if (path === undefined) {
    refuse(response, { status: 400, reason: 'not a path of this site' });
    return;
  }
  const file = await stat(path).catch(() => undefined);
  if (!file?.isFile()) {
    refuse(response, { status: 404, reason: 'not found' });
    return;
  }
  const type = mimeTypes[extname(path)] ?? 'application/octet-stream';
  response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': file.size });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(path), response);
}

/** The file that a request asks for; undefined when it is none inside the folder. */
function filePath(folder: string, url: string): string | undefined {
  // The raw path, because `new URL` would resolve the dots of a traversal before they are seen.
  const raw = url.split(/[?#]/, 1)[0]!;
  let path: string;
  try {
    path = decodeURIComponent(raw);
  } catch {
    return undefined;
  }
  if (!path.startsWith('/') || path.includes('\0')) return undefined;
  const file = resolve(join(folder, path.endsWith('/') ? `${path}index.html` : path));
  return file.startsWith(folder + sep) ? file : undefined;
}

function refuse(
  response: ServerResponse,
  answer: { status: number; reason: string; headers?: Record<string, string> },
): void {
  const { status, reason } = answer;
  const more = answer.headers ?? {};
  response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8', ...more });
  response.end(`${status} ${reason}\n`);
}
