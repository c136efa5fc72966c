/** `hearsay export` and `hearsay import`: one visit to a stick, or one after the other with `--watch`. */
import type { StickWish } from '../daemon/index.js';
import type { CliIo } from './io.js';
import { type StickArgs, statusOf, untilInterrupted, visitOnce } from './stick.js';
import { formatReport } from './stick-report.js';
import { watchSticks } from './stick-watch.js';

/**
 * @param path where the stick is mounted; without one it is waited for.
 * @returns 0; 2 when something found no room; 1 when the one visit was interrupted. Waiting can only end so: 0.
 */
export async function runStick(
  what: Pick<StickWish, 'take' | 'give'>,
  path: string | undefined,
  args: StickArgs,
  io: CliIo,
): Promise<number> {
  const { signal, done } = untilInterrupted();
  try {
    if (args.watch === true || path === undefined) return await watchSticks(path, args, io, signal);
    const report = await visitOnce(path, what, args, io, signal);
    io.out(args.json === true ? `${JSON.stringify(report)}\n` : `${formatReport(report, what)}\n`);
    return statusOf(report);
  } finally {
    done();
  }
}
