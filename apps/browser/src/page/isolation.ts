/** Whether this page may share memory between threads, and what helps where its host does not say so. */

/** Registered beside the page: it adds the headers that the host did not send. */
const shim = './isolation.js';
const tried = 'lockstep-isolation-tried';

/** `insecure`: nothing can be done here; `alone`: one worker; `reloading`: the page comes again in a moment, isolated. */
export type Isolation = 'isolated' | 'alone' | 'insecure' | 'reloading';

export async function isolate(): Promise<Isolation> {
  if (!isSecureContext) return 'insecure';
  if (crossOriginIsolated) return 'isolated';
  if (!('serviceWorker' in navigator) || sessionStorage.getItem(tried)) return 'alone';
  // Once a tab: a browser that stays as it is must not be sent round in circles.
  sessionStorage.setItem(tried, '1');
  try {
    await navigator.serviceWorker.register(shim);
    await Promise.race([navigator.serviceWorker.ready, tooLate()]);
  } catch {
    return 'alone';
  }
  location.reload();
  return 'reloading';
}

/** A worker that never becomes ready must not keep the page from training at all. */
function tooLate(): Promise<never> {
  return new Promise((_, reject) => setTimeout(reject, 3000));
}
