/** The command's own errors: one line that says where, what was expected, what came, and what to do; and the exit code they lead to. */

/** Exit codes: 0 done, 1 failed while running, 2 called wrongly, 128 + n ended by signal n. */
export const exitCodes = { failed: 1, usage: 2 } as const;

export interface ErrorParts {
  /** The option, file or step at fault. */
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  /** What to do about it: a full sentence. */
  readonly hint: string;
  readonly cause?: unknown;
}

/** Something went wrong while running. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';

  constructor({ where, expected, got, hint, cause }: ErrorParts) {
    super(`${where}: expected ${expected}, got ${got}. ${hint}`, cause === undefined ? {} : { cause });
  }
}

/** The command was called with something it does not know or cannot take. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError';
}

/** The message of anything thrown, on one line. */
export function messageOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.replace(/\s*[\r\n]+\s*/g, ' ').trim();
}

/** The code of a Node error, such as ENOENT; empty for any other. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}
