/** The assertions of the pool contract: plain functions, so that the same contract runs under Vitest and in a browser's worker. */

/** Throws unless both are the same value, or arrays or plain objects of the same values. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== wanted) throw new Error(`${what}: expected ${wanted}, got ${got}`);
}

export function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** Throws unless `run` throws or rejects with an error of that name; gives its message. */
export async function fails(run: () => unknown, errorName: string): Promise<string> {
  let result: unknown;
  try {
    result = await run();
  } catch (error) {
    const { name, message } = error as Error;
    equal(name, errorName, `the kind of error (“${message}”)`);
    return message;
  }
  throw new Error(`expected a ${errorName}, got the result ${JSON.stringify(result)}`);
}

/** The result of `run`, or an error when it takes longer than `limitMs`. */
export async function within<T>(limitMs: number, run: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not end within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([run, late]);
  } finally {
    clearTimeout(timer);
  }
}
