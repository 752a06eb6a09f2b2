/** Finds and loads installed packages at run time, so that a bundle carries neither 60 MB of images nor npm's client. */
import { createRequire } from 'node:module';
import { DataError } from '../data-error.ts';

/**
 * The path of a file in an installed package. It is looked for from this file and, when this file was bundled into an
 * application, from where that application finds @lockstep/data.
 */
export function resolveInstalled(specifier: string): string {
  const here = createRequire(import.meta.url);
  try {
    return here.resolve(specifier);
  } catch (cause) {
    try {
      return createRequire(here.resolve('@lockstep/data/package.json')).resolve(specifier);
    } catch {
      throw new DataError({
        where: specifier,
        expected: 'the package to be installed',
        got: 'nothing',
        hint: 'Install it beside @lockstep/data, or give the path of a folder that holds the dataset.',
        cause,
      });
    }
  }
}

/** The exports of an installed CommonJS package, as the caller types them. */
export function requireInstalled<T>(specifier: string): T {
  return createRequire(import.meta.url)(resolveInstalled(specifier)) as T;
}
