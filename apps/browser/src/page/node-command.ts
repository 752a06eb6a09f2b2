/** The command line that gives the same weights in Node. */
import type { RunSettings } from '../run/settings.ts';

export interface NodeCommand {
  /** Undefined for arrays of a page's own. */
  readonly command: string | undefined;
  /** The content of model.mjs, for a model that the command line has no options for. */
  readonly modelFile?: string;
  /** The data's path on the visitor's disk is not known to a page. */
  readonly pathIsGuessed: boolean;
}

/** Everything that decides a bit is said, also where it is the default; workers and shards are not, since they decide none. */
export function nodeCommand(settings: RunSettings): NodeCommand {
  const { data, model, dropout, inputDropout, optimizer, lr, momentum, epochs, batchSize, seed, limit, evalLimit } =
    settings;
  if (data.kind === 'arrays') return { command: undefined, pathIsGuessed: false };
  const ownModel = inputDropout !== undefined;
  const flags: [string, string | number | undefined][] = [
    ['--data', quoted(data.kind === 'images' ? `./${data.name}` : data.name)],
    ['--label', data.kind === 'csv' ? quoted(data.label) : undefined],
    ['--epochs', epochs],
    ['--batch-size', batchSize],
    ['--optimizer', optimizer],
    ['--lr', lr],
    ['--momentum', optimizer === 'sgd' ? momentum : undefined],
    ['--dropout', ownModel ? undefined : dropout],
    ['--seed', seed],
    ['--limit', limit],
    ['--eval-limit', evalLimit],
  ];
  const options = flags.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
  return {
    command: ['lockstep train', ownModel ? './model.mjs' : model, ...options].join(' '),
    ...(ownModel ? { modelFile: modelFileOf(dropout, inputDropout) } : {}),
    pathIsGuessed: data.kind !== 'served',
  };
}

function modelFileOf(dropout: number, inputDropout: number): string {
  return [
    "import { MLP } from '@lockstep/core/models';",
    '',
    'export default (inputShape, classes) =>',
    `  new MLP(inputShape, classes, { dropout: ${dropout}, inputDropout: ${inputDropout} });`,
  ].join('\n');
}

/** For a POSIX shell, where it needs to be. */
function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
