/** The file that piscina's threads run: each task is one worker's part in a segment. */
import type { Segment } from './protocol.ts';
import { runSegment } from './run-segment.ts';

export default function run(segment: Segment): void {
  runSegment(segment);
}
