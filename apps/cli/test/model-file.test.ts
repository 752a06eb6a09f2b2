import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { lockstep, temporaryFolder, train } from './lockstep.ts';

/** A file in a temporary folder: nothing of the workspace is installed around it. */
function modelFile(name: string, content: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

const linearNet = `
import { nn, F, type Tensor } from '@lockstep/core';

class LinearNet extends nn.Module {
  readonly fc: nn.Linear;
  constructor(inputShape: readonly number[], classes: number) {
    super();
    this.fc = new nn.Linear(inputShape.reduce((a, b) => a * b), classes);
  }
  override forward(x: Tensor): Tensor {
    return this.fc.forward(F.dropout(x.flatten(1), { p: 0.1, training: this.training }));
  }
}
`;

test('a class in a .ts file outside of the workspace trains, evaluates and is inspected', async () => {
  const file = modelFile('linear-net.ts', `${linearNet}\nexport default LinearNet;\n`);
  const out = join(temporaryFolder(), 'run');
  const trained = await train([file, '--limit', '300', '--workers', '2'], { out });
  const alone = await train([file, '--limit', '300', '--workers', '1', '--shards', '3']);
  expect(trained.weightsHash).toBe(alone.weightsHash);
  const evaluated = await lockstep('evaluate', out, '--json');
  expect(JSON.parse(evaluated.stdout)).toMatchObject({ testLoss: trained.testLoss, weightsHash: trained.weightsHash });
  const inspected = await lockstep('inspect', file, '--json');
  expect(JSON.parse(inspected.stdout)).toMatchObject({ parameters: 7850, flops: { forward: 15_680 } });
});

test('a .ts file beside a package.json without a type is a module, without a warning', async () => {
  const file = modelFile('net.ts', `${linearNet}\nexport default LinearNet;\n`);
  writeFileSync(join(dirname(file), 'package.json'), '{ "name": "mine" }');
  const ended = await lockstep('inspect', file, '--json');
  expect(ended).toMatchObject({ code: 0, stderr: '' });
});

test('an async function, a module instance and one built on a ready model train too', async () => {
  const files = [
    modelFile(
      'made.ts',
      `${linearNet}\nexport default async (shape: number[], classes: number) => new LinearNet(shape, classes);`,
    ),
    modelFile(
      'chain.mjs',
      "import { nn } from '@lockstep/core';\nexport default new nn.Sequential(new nn.Flatten(), new nn.Linear(784, 10));",
    ),
    modelFile(
      'mlp.js',
      "import { MLP } from '@lockstep/core/models';\nexport default (s, c) => new MLP(s, c, { hidden: [16] });",
    ),
  ];
  for (const file of files) expect(await train([file, '--limit', '64'])).toMatchObject({ steps: 1 });
});

test.each([
  {
    name: 'wrong.mjs',
    content:
      "import { nn } from '@lockstep/core';\nexport default new nn.Sequential(new nn.Flatten(), new nn.Linear(100, 10));",
    line: () => 'layer 1: Linear(100, 10): expected an input of shape […, 100], got [2, 784]',
  },
  {
    name: 'short.mjs',
    content:
      "import { nn } from '@lockstep/core';\nexport default new nn.Sequential(new nn.Flatten(), new nn.Linear(784, 9));",
    line: () =>
      'model: expected an output of shape [B, 10], one score for each class, got [B, 9]. Change the last layer.',
  },
  {
    name: 'five.mjs',
    content: 'export default 5;',
    line: (file: string) =>
      `${file}: expected a default export that is a Module, a Module class or a function (inputShape, classes) => Module, got a number. Import nn from @lockstep/core and export default the model.`,
  },
  {
    name: 'nothing.mjs',
    content: 'export default () => ({});',
    line: (file: string) =>
      `${file}: expected a default export that is a Module, a Module class or a function (inputShape, classes) => Module, got a function that gives an object (Object). Import nn from @lockstep/core and export default the model.`,
  },
  {
    name: 'missing.ts',
    content: "import x from 'not-there';\nexport default x;",
    line: (file: string) =>
      `${file}: expected a model file that loads, got Cannot find package 'not-there' imported from ${file}. Correct the file; --debug shows where.`,
  },
])('$name is one clear line', async ({ name, content, line }) => {
  const file = modelFile(name, content);
  const ended = await lockstep('train', file, '--limit', '64', '--eval-limit', '10', '--quiet');
  expect(ended).toEqual({ code: 1, stdout: '', stderr: `error: ${line(file)}\n` });
});
