/** Models and stand-ins for the tests of the adviser. */
import { type Advice, advise, F, nn, type RuleName, type Tensor } from '@lockstep/core';

type Step = nn.Module | ((x: Tensor) => Tensor);

/** Applies named steps in order; those that are modules are found under their names. */
export class Named extends nn.Module {
  readonly #steps: readonly Step[];

  constructor(steps: Readonly<Record<string, Step>>) {
    super();
    this.#steps = Object.values(steps);
    for (const [name, step] of Object.entries(steps)) {
      const known = Object.values(this).includes(step);
      if (nn.isModule(step) && !known) Object.assign(this, { [name]: step });
    }
  }

  override forward(x: Tensor): Tensor {
    return this.#steps.reduce((y: Tensor, step) => (typeof step === 'function' ? step(y) : step.forward(y)), x);
  }
}

/** x·sigmoid(1.702·x): an activation that the adviser knows by the name of its class alone. */
export class GELU extends nn.Module {
  override forward(x: Tensor): Tensor {
    return x.mul(x.mul(1.702).sigmoid());
  }
}

export const flatten = (x: Tensor): Tensor => x.flatten(1);
export const relu = F.relu;
export const fc = (inputs = 16, outputs = 16): nn.Linear => new nn.Linear(inputs, outputs);

/** What one rule says of the model. */
export function saidBy(rule: RuleName, model: nn.Module, inputShape: readonly number[]): Advice[] {
  return advise(model, { inputShape }).filter((advice) => advice.rule === rule);
}

/** Places and severities that one rule finds. */
export function placesOf(rule: RuleName, model: nn.Module, inputShape: readonly number[] = [16]): string[] {
  return saidBy(rule, model, inputShape).map(({ severity, place }) => `${severity}: ${place}`);
}
