/** `npm run conformance`: prints exports × proofs, then judges the run as `npm test` does. */
import type { Row } from './proves.ts';
import { ConformanceReporter, type Tally, tableOf } from './reporter.ts';

export default class TableReporter extends ConformanceReporter {
  protected override print(rows: readonly Row[], tallies: ReadonlyMap<string, Tally>): void {
    if (rows.length > 0) console.log(`${tableOf(rows, tallies)}\n${rows.length} exports`);
  }
}
