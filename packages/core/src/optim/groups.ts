/** From what an optimizer is given to its groups of parameters, as `torch.optim` takes them. */
import { Parameter } from '../nn/parameter.ts';
import {
  type CommonOptions,
  checkAtLeastZero,
  type GroupOptions,
  type ParameterGroup,
  type ParametersOrGroups,
  type UpdateRule,
} from './rule.ts';

/**
 * The groups, with options from the group, else from `options`, else the defaults. A parameter given twice within a group counts once.
 *
 * @throws RangeError for no parameters, a parameter in two groups, and options out of range.
 */
export function resolveGroups<O extends CommonOptions>(
  given: ParametersOrGroups<O>,
  options: O,
  rule: UpdateRule<O>,
): ParameterGroup<O>[] {
  const items = [...given] as (Parameter | GroupOptions<O>)[];
  const groups = items.filter((item): item is GroupOptions<O> => !(item instanceof Parameter));
  if (groups.length > 0 && groups.length < items.length)
    throw new RangeError(
      'optimizer: got parameters and groups in one list; put the parameters in a group: { params: […] }',
    );
  const parts = groups.length > 0 ? groups : [{ params: items as Parameter[] } as unknown as GroupOptions<O>];
  const groupOf = new Map<Parameter, number>();
  return parts.map((part, i) => {
    const { params, ...own } = part;
    const parameters = [...new Set(params)];
    if (parameters.length === 0) {
      const which = groups.length > 0 ? ` in group ${i}` : '';
      throw new RangeError(`optimizer: got no parameters${which}; pass model.parameters()`);
    }
    for (const parameter of parameters) {
      const other = groupOf.get(parameter);
      if (other !== undefined) {
        const shape = parameter.shape.join(', ');
        throw new RangeError(
          `optimizer: a parameter of shape [${shape}] is in groups ${other} and ${i}; put every parameter in one group`,
        );
      }
      groupOf.set(parameter, i);
    }
    const common = { maxNorm: undefined, maximize: false };
    const group = { ...common, ...rule.defaults, ...defined(options), ...defined(own), params: parameters };
    check(group as unknown as ParameterGroup<O>, rule);
    return group as unknown as ParameterGroup<O>;
  });
}

function check<O extends CommonOptions>(group: ParameterGroup<O>, rule: UpdateRule<O>): void {
  const { lr, maxNorm } = group as { lr: number; maxNorm: number | undefined };
  checkAtLeastZero(lr, 'lr');
  if (maxNorm !== undefined && !(checkAtLeastZero(maxNorm, 'maxNorm') > 0))
    throw new RangeError('optimizer: maxNorm must be above 0; leave it out for no constraint');
  rule.check(group);
}

/** Without the entries that are undefined, which would hide a default. */
function defined(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
