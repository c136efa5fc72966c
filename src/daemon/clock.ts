/**
 * The node's clock: the steady line over restarts, suspends and reboots (steady-line.ts), and the wall clock as it is.
 *
 * The line is written down at the start, every minute and at the stop. A crash loses nothing within a boot, because the
 * boot's own clock bridges the gap, and at most what the wall clock can't tell over a reboot.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Logger, MINUTE_MS, messageOf, type Now, type SteadyMs, steadyMs, wallTimeMs } from '../base/index.js';
import { replaceFile } from './atomic-file.js';
import { type ClockReading, type ClockRecord, carryOn, isWallTrusted } from './steady-line.js';

/** Reads the laptop's clocks. */
export type ClockSource = () => ClockReading;

const SAVE_EVERY_MS = MINUTE_MS;
const VERSION = 1;

export class SteadyClock {
  readonly #path: string;
  readonly #source: ClockSource;
  readonly #log: Logger;
  #record: ClockRecord;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();

  private constructor(path: string, source: ClockSource, log: Logger, record: ClockRecord) {
    this.#path = path;
    this.#source = source;
    this.#log = log;
    this.#record = record;
  }

  /**
   * Carries the line of an earlier run on, and keeps it written down until {@link close}.
   *
   * @throws the file system's error when the line can't be written down.
   */
  static async open(path: string, log: Logger, source: ClockSource = systemClocks()): Promise<SteadyClock> {
    const earlier = await readRecord(path, log);
    const reading = source();
    const clock = new SteadyClock(path, source, log, {
      ...reading,
      steady: carryOn(earlier, reading),
      trustedWall: earlier?.trustedWall ?? 0,
    });
    if (!clock.now().wallTrusted) {
      log.warn('the clock of this laptop is wrong; messages travel without their time of day', {
        clock: new Date(reading.wall).toISOString(),
      });
    }
    await clock.save();
    clock.#timer = setInterval(() => void clock.save().catch((error) => clock.#complain(error)), SAVE_EVERY_MS);
    clock.#timer.unref();
    return clock;
  }

  now(): Now {
    const reading = this.#source();
    const { steady, trustedWall } = this.#record;
    return {
      // Never back, even where a virtual machine's clocks do so.
      steady: steadyMs(Math.max(steady, carryOn(this.#record, reading))),
      wall: reading.wall,
      wallTrusted: isWallTrusted(reading.wall, trustedWall),
    };
  }

  /**
   * Moves the line forward to where the store has been already. It is behind only when its file was lost, and going on
   * from zero would keep everything that is stored for ever.
   */
  advanceTo(steady: SteadyMs): void {
    if (this.now().steady < steady) this.#record = { ...this.#reading(), steady };
  }

  /** Writes the line down. Saves run one after the other; the last one wins. */
  save(): Promise<void> {
    const write = async (): Promise<void> => {
      this.#record = this.#reading();
      await replaceFile(this.#path, `${JSON.stringify({ version: VERSION, ...this.#record })}\n`);
    };
    this.#saving = this.#saving.then(write, write);
    return this.#saving;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.save().catch((error) => this.#complain(error));
  }

  #reading(): ClockRecord {
    const reading = this.#source();
    const { steady, trustedWall } = this.#record;
    return {
      ...reading,
      steady: steadyMs(Math.max(steady, carryOn(this.#record, reading))),
      trustedWall: isWallTrusted(reading.wall, trustedWall) ? Math.max(trustedWall, reading.wall) : trustedWall,
    };
  }

  #complain(error: unknown): void {
    this.#log.warn('could not write the clock file', { path: this.#path, error: messageOf(error) });
  }
}

/** The clocks of this machine: Linux tells time since boot, suspend included; elsewhere a process's own clock has to do. */
export function systemClocks(): ClockSource {
  const bootId = readNow('/proc/sys/kernel/random/boot_id');
  const uptime = bootId === undefined ? undefined : uptimeMs();
  if (bootId === undefined || uptime === undefined) {
    const processId = randomUUID();
    return () => ({ wall: wallTimeMs(Date.now()), sinceBootMs: monotonicMs(), bootId: processId });
  }
  const sinceBoot = bootClock(uptime);
  return () => ({ wall: wallTimeMs(Date.now()), sinceBootMs: sinceBoot(), bootId });
}

const RESYNC_MS = 250;
/** A difference beyond the resolution of /proc/uptime: the laptop was asleep. */
const ASLEEP_MS = 100;

/**
 * Time since boot with the resolution of the monotonic clock. That one stands still while the laptop sleeps, so it is
 * compared with /proc/uptime (10 ms resolution, a file read) a few times a second.
 */
function bootClock(startUptime: number): () => number {
  let offset = startUptime - monotonicMs();
  let checkedAt = monotonicMs();
  return () => {
    const monotonic = monotonicMs();
    if (monotonic - checkedAt >= RESYNC_MS) {
      checkedAt = monotonic;
      const slept = (uptimeMs() ?? 0) - (monotonic + offset);
      if (slept > ASLEEP_MS) offset += slept;
    }
    return monotonic + offset;
  };
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function uptimeMs(): number | undefined {
  const seconds = Number(readNow('/proc/uptime')?.split(' ')[0]);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

function readNow(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

async function readRecord(path: string, log: Logger): Promise<ClockRecord | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const record = parseRecord(text);
  if (record === undefined) log.warn('the clock file is damaged; the time line starts anew', { path });
  return record;
}

function parseRecord(text: string): ClockRecord | undefined {
  try {
    const { version, steady, wall, sinceBootMs, bootId, trustedWall } = JSON.parse(text);
    const numbers = [steady, wall, sinceBootMs, trustedWall];
    if (version !== VERSION || !numbers.every(Number.isFinite) || typeof bootId !== 'string') return undefined;
    return { steady, wall, sinceBootMs, bootId, trustedWall };
  } catch {
    return undefined;
  }
}
