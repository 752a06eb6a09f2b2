/**
 * One line that is redrawn on a terminal, above which finished lines stay. Elsewhere only finished lines are written.
 * log-update does the terminal's part: width, wrapping, cursor, and giving the cursor back when the process is killed.
 */
import { createLogUpdate } from 'log-update';

export interface LiveLine {
  /** Whether `show` is seen at all. */
  readonly live: boolean;
  /** Columns of the terminal. */
  readonly columns: number;
  show(text: string): void;
  /** A line that stays. */
  keep(text: string): void;
  end(): void;
}

export function liveLine(stream: NodeJS.WriteStream): LiveLine {
  // Some pseudo-terminals say that they have no rows: nothing could be drawn there.
  const live = stream.isTTY && stream.rows > 0 && process.env.TERM !== 'dumb';
  if (!live) {
    return { live, columns: 80, show: () => {}, keep: (text) => void stream.write(`${text}\n`), end: () => {} };
  }
  const update = createLogUpdate(stream);
  return {
    live,
    get columns() {
      return stream.columns || 80;
    },
    show: (text) => update(text),
    keep: (text) => update.persist(text),
    end: () => {
      update.clear();
      update.done();
    },
  };
}

/** A line that is never seen. */
export const silentLine: LiveLine = { live: false, columns: 80, show: () => {}, keep: () => {}, end: () => {} };

/** `share` of `width` cells filled. */
export function bar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '━'.repeat(filled) + '╌'.repeat(width - filled);
}
