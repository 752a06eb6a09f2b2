/** The lockstep command: runs the command line and turns every error into one line and an exit code. */
import { CommanderError } from 'commander';
import { exitCodes, messageOf, UsageError } from './errors.ts';
import { makeProgram } from './program.ts';

// `lockstep … | head` closes the pipe early: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const program = makeProgram((exitCode) => {
  process.exitCode = exitCode;
});
try {
  await program.parseAsync();
} catch (thrown) {
  process.exitCode = report(thrown);
}

function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) {
    // Help and version end here too, with 0; help instead of a missing command has been printed already.
    if (thrown.exitCode === 0) return 0;
    if (thrown.code !== 'commander.help') process.stderr.write(`${messageOf(thrown)}\n`);
    return exitCodes.usage;
  }
  process.stderr.write(`error: ${messageOf(thrown)}\n`);
  if (program.opts<{ debug?: boolean }>().debug) console.error(thrown);
  return thrown instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}
