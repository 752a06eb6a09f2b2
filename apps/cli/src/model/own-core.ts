/**
 * Makes a user's model file share this process's one copy of @lockstep/core. A model is an `instanceof Module`, its parameters lie in the
 * default arena and its dropout calls are counted by the current trace: with a second copy of core none of the three would hold. So every
 * import of `@lockstep/core`, from wherever the file lies and whatever is installed beside it, resolves to the copy that the command runs
 * on: the `core.js` and `models.js` that the bundle exports from its own chunks, or the sources when the command runs from source.
 */
import { registerHooks } from 'node:module';

const bundled: Readonly<Record<string, string>> = {
  '@lockstep/core': './core.js',
  '@lockstep/core/models': './models.js',
};

let registered = false;

/** From here on imports of @lockstep/core mean this process's own. Once per process; cheap to repeat. */
export function shareOwnCore(): void {
  if (registered) return;
  registered = true;
  const own = new Map(Object.entries(bundled).map(([specifier, file]) => [specifier, ownUrl(specifier, file)]));
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const url = own.get(specifier);
      if (url !== undefined) return { url, shortCircuit: true };
      const resolved = nextResolve(specifier, context);
      // A .ts file under a package.json without "type" is a module here: Node would guess so too, but with a warning.
      const typeless = (resolved.format ?? null) === null && resolved.url.endsWith('.ts');
      return typeless ? { ...resolved, format: 'module-typescript' } : resolved;
    },
  });
}

function ownUrl(specifier: string, file: string): string {
  return import.meta.url.endsWith('.ts') ? import.meta.resolve(specifier) : new URL(file, import.meta.url).href;
}
