/** Ctrl-C as an AbortSignal: the first one asks the command to stop and save, the second one kills the process. */

export interface Interrupt {
  readonly signal: AbortSignal;
  /** 130 for Ctrl-C, 143 for SIGTERM: what a shell expects. */
  readonly exitCode: number;
  /** Gives the signals their usual meaning back. */
  release(): void;
}

const exitCodeOf = { SIGINT: 130, SIGTERM: 143 } as const;
/** npm forwards the Ctrl-C that the terminal already sent to everybody: a repeat this soon is the same key press. */
const sameKeyMs = 500;

/** Listens until released; `onFirst` tells the user what happens now. */
export function listenForInterrupt(onFirst: () => void): Interrupt {
  const controller = new AbortController();
  let exitCode = 0;
  let firstMs = 0;
  const listener = (name: 'SIGINT' | 'SIGTERM'): void => {
    if (!controller.signal.aborted) {
      firstMs = performance.now();
      exitCode = exitCodeOf[name];
      onFirst();
      controller.abort(new Error('interrupted'));
    } else if (performance.now() - firstMs > sameKeyMs) {
      release();
      process.kill(process.pid, name);
    }
  };
  const release = (): void => {
    process.off('SIGINT', listener);
    process.off('SIGTERM', listener);
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    release,
  };
}
