/** The module that the browser's Web Workers run, driven through comlink. */
import { expose } from 'comlink';
import type { Segment } from './protocol.ts';
import { runSegment } from './run-segment.ts';

export interface BrowserWorkerApi {
  run(segment: Segment): void;
}

const api: BrowserWorkerApi = { run: runSegment };
expose(api);
