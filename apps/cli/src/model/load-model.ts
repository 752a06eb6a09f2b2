/** From the model argument to a Module: a built-in name, or a file whose default export is a module, a class or a function. */
import { existsSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { manualSeed, nn } from '@lockstep/core';
import { MLP, SeedNet } from '@lockstep/core/models';
import { CommandError, messageOf, UsageError } from '../errors.ts';
import { suggestion } from '../suggest.ts';
import { shareOwnCore } from './own-core.ts';

interface ModelTask {
  /** Shape of one sample, without the batch axis. */
  readonly inputShape: readonly number[];
  readonly classes: number;
}

export interface ModelChoice {
  /** What run.json keeps: the built-in's name or the file's absolute path. */
  readonly reference: string;
  /** Short, for folder names and headings. */
  readonly name: string;
}

interface BuildOptions extends ModelTask {
  readonly seed: number;
  /** Of built-in models only. */
  readonly dropout?: number | undefined;
}

type BuiltIn = (task: ModelTask, options: { dropout?: number }) => nn.Module;

const builtIns: Readonly<Record<string, BuiltIn>> = {
  'seed-net': ({ inputShape, classes }, options) => new SeedNet(inputShape, classes, options),
  mlp: ({ inputShape, classes }, options) => new MLP(inputShape, classes, options),
};
const fileTypes = ['.ts', '.mts', '.js', '.mjs'];

/** Tells a built-in name from a file; a UsageError for what is neither. */
export function chooseModel(text: string): ModelChoice {
  if (Object.hasOwn(builtIns, text)) return { reference: text, name: text };
  const path = resolve(text);
  const looksLikeFile = /[\\/]/.test(text) || fileTypes.includes(extname(text));
  if (looksLikeFile && existsSync(path)) return { reference: path, name: basename(path, extname(path)) };
  const names = Object.keys(builtIns);
  throw new UsageError({
    where: 'model',
    expected: `${names.join(', ')} or the path of a ${fileTypes.slice(0, 3).join(', ')} or ${fileTypes[3]} file`,
    got: looksLikeFile ? `${text}, which is not there` : JSON.stringify(text),
    hint: looksLikeFile ? 'Check the path.' : suggestion(text, names, 'Use lockstep train seed-net.'),
  });
}

/** Builds the model with its parameters drawn from `seed`. */
export async function buildModel(choice: ModelChoice, options: BuildOptions): Promise<nn.Module> {
  const { seed, dropout, inputShape, classes } = options;
  manualSeed(seed);
  const builtIn = builtIns[choice.reference];
  if (builtIn) return builtIn({ inputShape, classes }, dropout === undefined ? {} : { dropout });
  if (dropout !== undefined) {
    throw new UsageError({
      where: '--dropout',
      expected: 'a built-in model',
      got: choice.reference,
      hint: 'Set the probability in the model file.',
    });
  }
  return modelFromFile(choice.reference, { inputShape, classes });
}

async function modelFromFile(path: string, task: ModelTask): Promise<nn.Module> {
  const exported = await defaultExport(path);
  const made = typeof exported === 'function' ? await makeWith(exported, path, task) : exported;
  if (nn.isModule(made)) return made;
  throw new CommandError({
    where: path,
    expected: 'a default export that is a Module, a Module class or a function (inputShape, classes) => Module',
    got: typeof exported === 'function' ? `a function that gives ${kindOf(made)}` : kindOf(exported),
    hint: 'Import nn from @lockstep/core and export default the model.',
  });
}

async function defaultExport(path: string): Promise<unknown> {
  shareOwnCore();
  try {
    return ((await import(pathToFileURL(path).href)) as { default?: unknown }).default;
  } catch (cause) {
    throw new CommandError({
      where: path,
      expected: 'a model file that loads',
      got: messageOf(cause),
      hint: 'Correct the file; --debug shows where.',
      cause,
    });
  }
}

async function makeWith(exported: unknown, path: string, { inputShape, classes }: ModelTask): Promise<unknown> {
  try {
    if (isModuleClass(exported)) return new exported(inputShape, classes);
    return await (exported as (inputShape: readonly number[], classes: number) => unknown)(inputShape, classes);
  } catch (cause) {
    throw new CommandError({
      where: path,
      expected: `a model for samples [${inputShape.join(', ')}] and ${classes} classes`,
      got: messageOf(cause),
      hint: 'Correct the file; --debug shows where.',
      cause,
    });
  }
}

type ModuleClass = new (inputShape: readonly number[], classes: number) => nn.Module;

function isModuleClass(value: unknown): value is ModuleClass {
  return typeof value === 'function' && value.prototype instanceof nn.Module;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? `an object (${value.constructor?.name ?? 'no class'})` : `a ${typeof value}`;
}
