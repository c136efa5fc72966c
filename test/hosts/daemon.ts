/** One real `hearsay start` on a laptop of the test network. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { callNode, homeAt, type MessageStatus, type NodeStatus, type ReadyReport } from '../../src/daemon/index.js';
import { eventually } from './eventually.js';

/** It takes well under 2 s, but several that start at once on a busy machine wait for each other. */
const START_MS = 30_000;
const MAIN = resolve(import.meta.dirname, '../../dist/src/cli/main.js');

export interface DaemonOptions {
  /** Put before the command: the namespace. */
  readonly inside: readonly string[];
  /** Holds the home, and the ready file beside it. */
  readonly folder: string;
  readonly nick: string;
  /** More flags for `hearsay start`. */
  readonly flags: readonly string[];
  /** How far off the laptop's clock is, as `faketime` says it, e.g. `-2y`. */
  readonly clock?: string | undefined;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the signal to the end. */
  readonly tookMs: number;
}

export class Daemon {
  readonly report: ReadyReport;
  readonly home: string;
  readonly readyFile: string;
  readonly #process: ChildProcess;
  readonly #options: DaemonOptions;

  private constructor(options: DaemonOptions, process: ChildProcess, report: ReadyReport) {
    this.#options = options;
    this.#process = process;
    this.report = report;
    this.home = homeOf(options);
    this.readyFile = readyFileOf(options);
  }

  /** Starts it, and waits until it is ready. @param log takes what it prints. */
  static async start(options: DaemonOptions, log: (text: string) => void): Promise<Daemon> {
    const ready = readyFileOf(options);
    const child = launch(options, [
      ...['start', '--home', homeOf(options), '--nick', options.nick, '--ready-file', ready],
      ...['--xmpp', '127.0.0.1:0', '--log-level', 'debug', ...options.flags],
    ]);
    child.stdout?.setEncoding('utf8').on('data', log);
    child.stderr?.setEncoding('utf8').on('data', log);
    // A ready file of a killed run is removed at the start, so the one that counts names this process's ports.
    const report = await eventually(
      `${options.nick}'s node is ready`,
      async () => {
        if (child.exitCode !== null) return new Error(`it ended with ${child.exitCode}`);
        const status = (await callNode(homeAt(homeOf(options)), 'status')) as NodeStatus;
        return status.pid === child.pid && (JSON.parse(readFileSync(ready, 'utf8')) as ReadyReport);
      },
      START_MS,
    );
    if (report instanceof Error) throw report;
    return new Daemon(options, child, report);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** What `hearsay status --json` prints, asked for without starting a process: for watching a node closely. */
  async status(): Promise<NodeStatus> {
    return (await callNode(homeAt(this.home), 'status')) as NodeStatus;
  }

  /** What `hearsay status --json` really prints. */
  statusByCommand(): NodeStatus {
    return JSON.parse(this.command('status', '--json').stdout);
  }

  /** Runs another `hearsay` command on the same laptop and home. */
  command(name: string, ...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
    const [program = '', ...rest] = commandLine(this.#options, [name, '--home', this.home, ...args]);
    return spawnSync(program, rest, { encoding: 'utf8', timeout: 20_000 });
  }

  /** @param id the client's id of the message. */
  async message(id: string): Promise<MessageStatus | undefined> {
    return (await this.status()).messages.find((message) => message.id === id);
  }

  /** Waits until a message of this node's person is in that state, e.g. `carried by 1`. */
  messageIs(id: string, state: string, limitMs?: number): Promise<MessageStatus> {
    const check = async () => {
      const message = await this.message(id);
      if (message?.state !== state) throw new Error(`it is ${message?.state ?? 'unknown'}`);
      return message;
    };
    return eventually(`${this.#options.nick}'s message ${id} is ${state}`, check, limitMs);
  }

  /** As when the battery is empty. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<Ended> {
    return this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<Ended> {
    const asked = performance.now();
    if (this.running) {
      const gone = once(this.#process, 'exit');
      this.#process.kill(signal);
      await gone;
    }
    const { exitCode, signalCode } = this.#process;
    return { code: exitCode, signal: signalCode, tookMs: performance.now() - asked };
  }
}

function homeOf({ folder }: DaemonOptions): string {
  return join(folder, 'home');
}

function readyFileOf({ folder }: DaemonOptions): string {
  return join(folder, 'ready.json');
}

function launch(options: DaemonOptions, args: readonly string[]): ChildProcess {
  const [program = '', ...rest] = commandLine(options, args);
  return spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
}

function commandLine({ inside, clock }: DaemonOptions, args: readonly string[]): readonly string[] {
  return [...inside, ...wrongClock(clock), process.execPath, MAIN, ...args];
}

/**
 * Only the wall clock is off, and it runs: a battery that died does not slow the laptop down. The `faketime` program
 * itself would stay between us and the node and not pass SIGKILL on, so its library is loaded directly.
 */
function wrongClock(clock: string | undefined): readonly string[] {
  if (clock === undefined) return [];
  const preload = /^LD_PRELOAD=(.*)$/m.exec(
    spawnSync('faketime', ['-m', '-f', '+0', 'env'], { encoding: 'utf8' }).stdout,
  );
  if (preload?.[1] === undefined) throw new Error('faketime does not say which library it loads');
  return ['env', `LD_PRELOAD=${preload[1]}`, `FAKETIME=${clock}`, 'FAKETIME_DONT_FAKE_MONOTONIC=1', 'NO_FAKE_STAT=1'];
}
