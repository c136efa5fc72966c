/** The entry point: runs the command line in this process. */
import { terminalIo } from './io.js';
import { runCli } from './program.js';

/** After a command has ended, anything that still keeps the process alive is a leak, and must not hang a script. */
const LINGER_MS = 500;

// Piping into `head` closes our stdout early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), terminalIo());
setTimeout(() => process.exit(), LINGER_MS).unref();
