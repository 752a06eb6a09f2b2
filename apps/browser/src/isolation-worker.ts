/**
 * A service worker for hosts that cannot send headers of their own: every answer of the site comes with those that make a page cross-origin
 * isolated, as shared memory needs. Where the host sends them, it is not registered.
 */
interface FetchEvent extends Event {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

interface Scope extends EventTarget {
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
}

const scope = globalThis as unknown as Scope;

scope.addEventListener('install', () => void scope.skipWaiting());
scope.addEventListener('activate', (event) => {
  (event as Event & { waitUntil(work: Promise<void>): void }).waitUntil(scope.clients.claim());
});
scope.addEventListener('fetch', (event) => {
  const { request, respondWith } = bound(event as FetchEvent);
  // Browsers refuse this combination themselves.
  if (request.cache === 'only-if-cached' && request.mode !== 'same-origin') return;
  respondWith(isolated(request));
});

function bound(event: FetchEvent): Pick<FetchEvent, 'request' | 'respondWith'> {
  return { request: event.request, respondWith: (answer) => event.respondWith(answer) };
}

async function isolated(request: Request): Promise<Response> {
  const response = await fetch(request);
  // An answer of another site that does not let itself be read.
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
