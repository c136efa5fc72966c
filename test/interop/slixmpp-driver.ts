/** Drives `slixmpp_client.py`: commands in, events out, and waiting for the event that a test needs. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { DEBIAN_PYTHON } from '../support/optional.js';

export interface SlixmppOptions {
  readonly jid: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  readonly resource?: string;
  /** @default true */
  readonly tls?: boolean;
  /** Path of the PEM file that it has to trust; without it any certificate will do. */
  readonly ca?: string;
  readonly mechanism?: string;
  /** @default true */
  readonly presence?: boolean;
  /** Put before the command, e.g. `['ip', 'netns', 'exec', 'a']`. */
  readonly inside?: readonly string[];
}

export type SlixmppEvent = Readonly<Record<string, unknown>> & { readonly event: string };

const SCRIPT = resolve(import.meta.dirname, 'slixmpp_client.py');
const DEFAULT_WAIT_MS = 15_000;

export class SlixmppClient {
  readonly events: SlixmppEvent[] = [];
  private readonly process: ChildProcessWithoutNullStreams;
  private readonly watchers = new Set<() => void>();
  private stderr = '';

  constructor(options: SlixmppOptions) {
    const [program, ...args] = [...(options.inside ?? []), DEBIAN_PYTHON, SCRIPT];
    args.push('--jid', options.jid, '--password', options.password, '--host', options.host);
    args.push('--port', String(options.port));
    if (options.resource !== undefined) args.push('--resource', options.resource);
    if (options.tls === false) args.push('--no-tls');
    if (options.ca !== undefined) args.push('--ca', options.ca);
    if (options.mechanism !== undefined) args.push('--mechanism', options.mechanism);
    if (options.presence === false) args.push('--no-presence');
    this.process = spawn(program ?? DEBIAN_PYTHON, args);
    this.process.stderr.on('data', (text: Buffer) => {
      this.stderr = `${this.stderr}${text.toString()}`.slice(-4000);
    });
    createInterface({ input: this.process.stdout }).on('line', (line) => {
      this.events.push(JSON.parse(line) as SlixmppEvent);
      for (const check of this.watchers) check();
    });
  }

  send(command: Readonly<Record<string, unknown>> & { readonly cmd: string }): void {
    this.process.stdin.write(`${JSON.stringify(command)}\n`);
  }

  /** The first event, past or to come, with these fields, and of which `also` holds. */
  waitFor(
    fields: Readonly<Record<string, unknown>>,
    also: (event: SlixmppEvent) => boolean = () => true,
    waitMs: number = DEFAULT_WAIT_MS,
  ): Promise<SlixmppEvent> {
    const fits = (event: SlixmppEvent): boolean =>
      Object.entries(fields).every(([key, value]) => event[key] === value) && also(event);
    return new Promise((done, fail) => {
      const check = (): void => {
        const found = this.events.find(fits);
        if (found === undefined) return;
        clearTimeout(timer);
        this.watchers.delete(check);
        done(found);
      };
      const timer = setTimeout(() => {
        this.watchers.delete(check);
        const seen = JSON.stringify(this.events).slice(-4000);
        fail(new Error(`no event like ${JSON.stringify(fields)} in ${waitMs} ms; seen ${seen}; stderr ${this.stderr}`));
      }, waitMs);
      this.watchers.add(check);
      check();
    });
  }

  /** Sends a command and waits for its result. */
  async ask(command: Readonly<Record<string, unknown>> & { readonly cmd: string }): Promise<SlixmppEvent> {
    const before = this.events.length;
    this.send(command);
    return await this.waitFor({ event: 'result', cmd: command.cmd }, (event) => this.events.indexOf(event) >= before);
  }

  /** Leaves politely. */
  async quit(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, 'exit');
    this.send({ cmd: 'quit' });
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 5000);
    await gone;
    clearTimeout(timer);
  }

  /** As a laptop does whose battery is empty. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
  }
}
