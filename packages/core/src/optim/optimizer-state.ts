/** What an optimizer carries from step to step, apart from its objects: for files that a run goes on from. */
import { shortened } from '../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Optimizer } from './optimizer.ts';

/** Plain data: steps taken, and the options of the groups as they are now. The state tensors are `optimizerTensors`. */
export interface OptimizerState {
  readonly name: string;
  readonly steps: number;
  readonly groups: readonly GroupState[];
}

/** As an entry of PyTorch's `param_groups`. */
export interface GroupState {
  /** How many parameters the group has; those of all groups are numbered in one row. */
  readonly params: number;
  /** All options that are set, among them the present `lr`. */
  readonly options: Readonly<Record<string, unknown>>;
}

export function optimizerState(optimizer: Optimizer): OptimizerState {
  const groups = optimizer.groups.map(({ params, ...options }) => ({
    params: params.length,
    options: Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  }));
  return { name: optimizer.name, steps: optimizer.steps, groups };
}

/** Every state tensor, named by the place of its parameter among those of all groups: `0.exp_avg`. Not copies. */
export function* optimizerTensors(optimizer: Optimizer): Generator<[name: string, tensor: Tensor]> {
  for (const [i, parameter] of optimizer.parameters.entries())
    for (const [name, tensor] of Object.entries(optimizer.state.get(parameter)!)) yield [`${i}.${name}`, tensor];
}

/**
 * Sets steps and options, as PyTorch's `load_state_dict`. The state tensors are set apart.
 *
 * @throws RangeError, with nothing changed, for the state of another optimizer or of other groups, and for options that it does not have.
 */
export function loadOptimizerState(optimizer: Optimizer, state: OptimizerState): void {
  const describe = (name: string, sizes: readonly number[]): string =>
    `${shortened(name)} with ${sizes.length === 1 ? 'one group' : `${sizes.length} groups`} of ${sizes.join(', ')} parameters`;
  const own = describe(
    optimizer.name,
    optimizer.groups.map(({ params }) => params.length),
  );
  const given = describe(
    state.name,
    state.groups.map(({ params }) => params),
  );
  if (own !== given) {
    throw new RangeError(
      `optimizer state: expected that of ${shortened(own, 200)}, got that of ${shortened(given, 200)}; make the optimizer as it was made then`,
    );
  }
  for (const [i, { options }] of state.groups.entries()) checkOptions(optimizer.groups[i]!, options, i);
  optimizer.steps = state.steps;
  for (const [i, { options }] of state.groups.entries()) {
    const { params: _, ...present } = optimizer.groups[i]!;
    const unset = Object.fromEntries(Object.keys(present).map((name) => [name, undefined]));
    Object.assign(optimizer.groups[i]!, unset, options);
  }
}

/** A state may come from a file: only options that the group has, of the kind that they are. */
function checkOptions(group: object, options: Readonly<Record<string, unknown>>, index: number): void {
  const own = new Map(Object.entries(group));
  own.delete('params');
  for (const [name, value] of Object.entries(options)) {
    const [present, given] = [kindOf(own.get(name)), kindOf(value)];
    // What is unset may be a number.
    if (own.has(name) && given === (present === 'undefined' ? 'number' : present)) continue;
    throw new RangeError(
      `optimizer state: expected options ${[...own.keys()].join(', ')} in group ${index}, got ${shortened(name)} of kind ${shortened(given)}; make the optimizer as it was made then`,
    );
  }
}

/** Of a list with its length. */
function kindOf(value: unknown): string {
  return Array.isArray(value) ? `${value.length} × ${[...new Set(value.map(kindOf))].join(' and ')}` : typeof value;
}
