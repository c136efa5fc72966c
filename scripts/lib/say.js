/** Progress for a person. It goes to stderr, so that stdout stays free for results. */

/** @param {string} text */
export function say(text) {
  process.stderr.write(`hearsay: ${text}\n`);
}

/** A failure that a person can act on: its message is printed without a stack. */
export class SetupError extends Error {}

/**
 * Runs a script's main function: a {@link SetupError} becomes one clear message and exit status 1.
 *
 * @param {() => Promise<void>} main
 */
export async function runScript(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
