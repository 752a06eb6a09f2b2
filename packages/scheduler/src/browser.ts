/** @lockstep/scheduler/browser: the pool of Web Workers. */
export { BrowserPool, type BrowserPoolOptions } from './pool/browser.ts';
