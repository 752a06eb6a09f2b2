/** Hooks that see what passes through a module. */
import type { Tensor } from '../tensor/tensor.ts';
import type { Module } from './module.ts';

/** Sees a module's inputs and output; a tensor that it returns takes the place of the output. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks returns nothing.
export type ForwardHook = (module: Module, inputs: readonly Tensor[], output: Tensor) => Tensor | undefined | void;

/** Removes a hook again. */
export interface HookHandle {
  /** Later calls do nothing. */
  remove(): void;
}

const hooksOf = new WeakMap<Module, Set<{ readonly hook: ForwardHook }>>();

/**
 * Calls to `module.forward` go through the hooks by a property of its own, which is not enumerable (no field of the module's state) and
 * stays when the last hook is gone, since others may have wrapped it meanwhile.
 */
export function addForwardHook(module: Module, hook: ForwardHook): HookHandle {
  const hooks = hooksOf.get(module) ?? intercepted(module);
  // An object of its own: one function may be registered twice.
  const entry = { hook };
  hooks.add(entry);
  return { remove: () => void hooks.delete(entry) };
}

function intercepted(module: Module): Set<{ readonly hook: ForwardHook }> {
  const hooks = new Set<{ readonly hook: ForwardHook }>();
  hooksOf.set(module, hooks);
  const { forward } = module;
  const value = (...inputs: Tensor[]): Tensor => {
    let output = forward.apply(module, inputs);
    for (const { hook } of [...hooks]) output = hook(module, inputs, output) ?? output;
    return output;
  };
  Object.defineProperty(module, 'forward', { value, configurable: true, writable: true, enumerable: false });
  return hooks;
}
