/** `--watch`: waits for a stick, takes what it carries, gives what it lacks, waits for the next. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HearsayError, messageOf } from '../base/index.js';
import { mountedFolders, STICK_FOLDER } from '../link/index.js';
import type { CliIo } from './io.js';
import { DONE, pause, type StickArgs, visitOnce } from './stick.js';
import { formatReport } from './stick-report.js';

const LOOK_EVERY_MS = 1_000;
const BOTH = { take: true, give: true };

/** A node that comes and goes while we wait is no reason to stop waiting; these will not mend by themselves. */
const HOPELESS: ReadonlySet<string> = new Set(['ERR_NO_HOME', 'ERR_IDENTITY', 'ERR_IDENTITY_LOST', 'ERR_CONFIG']);

/**
 * @param path a folder to wait for; without one, whatever is mounted where sticks usually are.
 * @returns 0 once it was interrupted.
 */
export async function watchSticks(
  path: string | undefined,
  args: StickArgs,
  io: CliIo,
  signal: AbortSignal,
  mounted: () => Promise<readonly string[]> = mountedFolders,
): Promise<number> {
  const say = (text: string): void => {
    if (args.json !== true) io.out(`${text}\n`);
  };
  say(path === undefined ? 'Waiting for a stick. Ctrl-C ends this.' : `Waiting for ${path}. Ctrl-C ends this.`);
  /** Done with until they are taken away. */
  const known = new Set<string>();
  while (!signal.aborted) {
    const here = path === undefined ? await mounted() : await existing(path);
    for (const gone of [...known].filter((place) => !here.includes(place))) known.delete(gone);
    for (const place of here) {
      if (known.has(place) || signal.aborted) continue;
      known.add(place);
      // Nobody's camera is filled with bundles: a stick is used once somebody has exported to it by name.
      if (path === undefined && (await existing(join(place, STICK_FOLDER))).length === 0) {
        say(`${place} has no ${STICK_FOLDER} folder. To use it from now on: hearsay export ${place}`);
        continue;
      }
      await visitAndTell(place, args, io, signal, say);
    }
    await pause(LOOK_EVERY_MS, signal);
  }
  return DONE;
}

async function visitAndTell(
  place: string,
  args: StickArgs,
  io: CliIo,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<void> {
  say(`${place} is here.`);
  try {
    const report = await visitOnce(place, BOTH, args, io, signal);
    if (args.json === true) io.out(`${JSON.stringify({ path: place, ...report })}\n`);
    else say(`${formatReport(report, BOTH)}\n`);
  } catch (error) {
    if (!(error instanceof HearsayError) || HOPELESS.has(error.code)) throw error;
    io.err(`hearsay: ${messageOf(error)}\n`);
  }
}

async function existing(path: string): Promise<readonly string[]> {
  const isFolder = await stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  return isFolder ? [path] : [];
}
