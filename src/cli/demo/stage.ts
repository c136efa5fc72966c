/** The three laptops of the demo: real nodes in this process, with homes that are thrown away. */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InboxMessage, SentMessage } from '../../chat/index.js';
import { type DaemonTiming, DEFAULT_TIMING, daemonConfig, type RunningNode, startDaemon } from '../../daemon/index.js';
import { Air } from './air.js';

/** Ana and Ben stay where they are; Binta walks. */
export const NAMES = ['Ana', 'Binta', 'Ben'] as const;
export type Name = (typeof NAMES)[number];

/** How much faster than in life presence ages, at speed 1: one second stands for 7½ minutes. */
const SQUEEZE = 450;
/** Looking more often than this at who might have left costs more than it shows. */
const LEAST_CHECK_MS = 50;

export class Stage {
  readonly air: Air<Name>;
  /** Story milliseconds in one real millisecond. */
  readonly squeeze: number;
  /** What Ben's client has shown, in the order in which it came. */
  readonly read: InboxMessage[] = [];
  /** What Ana wrote: her node has it only sealed. */
  written = '';
  readonly #nodes: Readonly<Record<Name, RunningNode>>;
  readonly #clean: () => void;

  private constructor(air: Air<Name>, squeeze: number, nodes: Readonly<Record<Name, RunningNode>>, clean: () => void) {
    this.air = air;
    this.squeeze = squeeze;
    this.#nodes = nodes;
    this.#clean = clean;
    const { account } = nodes.Ben;
    account.subscribe((event) => {
      if (event.type !== 'inbox') return;
      this.read.push(event.message);
      void account.confirmInbox([event.message.inboxId]);
    });
  }

  static async open(speed: number): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'hearsay-demo-'));
    const clean = (): void => rmSync(folder, { recursive: true, force: true });
    // Whatever ends the process: nothing of the demo is left behind.
    process.once('exit', clean);
    const air = new Air<Name>();
    const squeeze = SQUEEZE * speed;
    const started: RunningNode[] = [];
    try {
      for (const name of NAMES) started.push(await startLaptop(name, join(folder, name), air, squeeze));
      const [ana, binta, ben] = started;
      if (ana === undefined || binta === undefined || ben === undefined) throw new Error('three laptops are started');
      return new Stage(air, squeeze, { Ana: ana, Binta: binta, Ben: ben }, clean);
    } catch (error) {
      await Promise.all(started.map((node) => node.stop()));
      clean();
      throw error;
    }
  }

  node(name: Name): RunningNode {
    return this.#nodes[name];
  }

  /** Ana's message and what she knows of it; undefined before she wrote one. */
  get message(): SentMessage | undefined {
    return this.#nodes.Ana.account.sent()[0];
  }

  async write(body: string): Promise<void> {
    this.written = body;
    await this.#nodes.Ana.account.send({ to: this.#nodes.Ben.report.jid, body });
  }

  async close(): Promise<void> {
    await Promise.all(NAMES.map((name) => this.#nodes[name].stop()));
    this.#clean();
    process.removeListener('exit', this.#clean);
  }
}

async function startLaptop(name: Name, home: string, air: Air<Name>, squeeze: number): Promise<RunningNode> {
  const anyPort = { host: '127.0.0.1', port: 0 };
  const config = { home, nick: name, tcpcl: anyPort, xmpp: anyPort, timing: squeezed(squeeze) };
  const node = await startDaemon(daemonConfig({ ...config, logLevel: 'error' }), air.around(name));
  air.arrive(name, { address: node.report.tcpcl, nodeEid: `dtn://${node.report.nodeId}/` });
  return node;
}

function squeezed(squeeze: number): DaemonTiming {
  return {
    messageLifetimeMs: DEFAULT_TIMING.messageLifetimeMs,
    beaconIntervalMs: DEFAULT_TIMING.beaconIntervalMs / squeeze,
    beaconGapMs: DEFAULT_TIMING.beaconGapMs / squeeze,
    presenceCheckMs: Math.max(LEAST_CHECK_MS, DEFAULT_TIMING.presenceCheckMs / squeeze),
    presenceTimeScale: DEFAULT_TIMING.presenceTimeScale / squeeze,
  };
}
