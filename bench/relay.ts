/**
 * A relay: how fast bundles get from one node's disk to the next one's over loopback TCP.
 *
 * Two real nodes. The giver runs in this process and holds messages for a third person; the taker is a process of its
 * own, dials, verifies, stores, syncs and acknowledges. The time runs from the first to the last acknowledgement.
 *
 * Figures:
 * - `verify-per-s`: raw Ed25519 verifications of 1 kB with a cached key object (node:crypto), on one core
 * - `relay-200b-per-s`, `relay-1kb-per-s`: bundles acknowledged per second, by the size of the message's text
 * - `relay-200b-to-verify`, `relay-1kb-to-verify`: the same as a share of `verify-per-s`
 *
 * Both nodes sync to the folder for temporary files, or to HEARSAY_BENCH_DIR.
 */
import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Now, type Random, SILENT, steadyMs, wallTimeMs } from '../src/base/index.js';
import { formatEid } from '../src/bundle/index.js';
import { boxKeyPairFromSeed, signingKeyFromSeed } from '../src/crypto/index.js';
import { EngineHost } from '../src/daemon/engine-host.js';
import { Engine } from '../src/engine/index.js';
import { epidemic } from '../src/gossip/index.js';
import { createNeighbourhood, type Neighbourhood, systemTimers } from '../src/link/index.js';
import { nodeEid, type PersonId, personIdOf } from '../src/people/index.js';
import { ageingModel } from '../src/presence/index.js';
import { openLevelStore } from '../src/store/index.js';
import { type Figure, ratePerSecond } from './harness.js';

export const description = 'bundles relayed from one node’s disk to another’s over loopback TCP';

const BUNDLES = 2_000;
const POLL_MS = 10;
const SIZES = [
  { key: '200b', label: '200 B of text', bytes: 200 },
  { key: '1kb', label: '1 kB of text', bytes: 1_000 },
] as const;
const CLI = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const random: Random = { bytes: (length) => new Uint8Array(randomBytes(length)), unit: Math.random };

export async function run(): Promise<readonly Figure[]> {
  const verifyRate = await rateOfVerification();
  const figures: Figure[] = [
    { key: 'verify-per-s', label: 'Ed25519 verification', value: verifyRate, unit: 'signatures/s' },
  ];
  for (const { key, label, bytes } of SIZES) {
    const folder = await mkdtemp(join(process.env.HEARSAY_BENCH_DIR ?? tmpdir(), 'hearsay-bench-'));
    try {
      const rate = await relayRate(folder, bytes);
      figures.push(
        { key: `relay-${key}-per-s`, label: `relayed, ${label}`, value: rate, unit: 'bundles/s' },
        { key: `relay-${key}-to-verify`, label: '  beside verification', value: rate / verifyRate, unit: '×' },
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return figures;
}

function rateOfVerification(): Promise<number> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const message = randomBytes(1_000);
  const signature = sign(null, message, privateKey);
  return ratePerSecond(() => verify(null, message, publicKey, signature));
}

async function relayRate(folder: string, textBytes: number): Promise<number> {
  const giver = await startNode(join(folder, 'giver'));
  try {
    await fill(giver, join(folder, 'absent'), textBytes);
    return await give(giver, join(folder, 'taker'));
  } finally {
    await giver.stop();
  }
}

interface BenchNode {
  readonly host: EngineHost;
  readonly neighbourhood: Neighbourhood;
  readonly person: PersonId;
  stop(): Promise<void>;
}

async function startNode(storeFolder: string): Promise<BenchNode> {
  const store = await openLevelStore(storeFolder, { random });
  const personKey = signingKeyFromSeed(random.bytes(32));
  const engine = new Engine(
    {
      nodeKey: signingKeyFromSeed(random.bytes(32)),
      people: [
        {
          personKey,
          deviceKey: signingKeyFromSeed(random.bytes(32)),
          box: boxKeyPairFromSeed(random.bytes(32)),
          nickname: 'somebody',
        },
      ],
      domain: 'mesh.localhost',
      quotaBytes: 512 * 1024 * 1024,
      random,
      log: SILENT,
      strategy: epidemic,
      presenceModel: ageingModel(),
      timing: { messageLifetimeMs: 86_400_000, beaconIntervalMs: 600_000, beaconGapMs: 5_000, presenceCheckMs: 30_000 },
    },
    await store.load(),
  );
  const host = new EngineHost({ engine, store, now: systemNow, log: SILENT });
  await host.start();
  const neighbourhood = createNeighbourhood({
    nodeEid: formatEid(nodeEid(engine.node)),
    listen: { host: '127.0.0.1', port: 0 },
    peers: [],
    events: host.linkEvents,
    log: SILENT,
    timers: systemTimers(),
    random,
  });
  await neighbourhood.start();
  return {
    host,
    neighbourhood,
    person: personIdOf(personKey.publicKey),
    async stop() {
      await neighbourhood.stop();
      await host.stop();
      await store.close();
    },
  };
}

/** Introduces the giver to somebody, who leaves at once, and writes to them. */
async function fill(giver: BenchNode, folder: string, textBytes: number): Promise<void> {
  const { host, person } = giver;
  const absent = await startNode(folder);
  absent.neighbourhood.addCandidate('127.0.0.1', portOf(giver));
  while (host.engine.lookup(person, absent.person, host.now()) === undefined) await setTimeout(POLL_MS);
  await absent.stop();
  const messages = Array.from({ length: BUNDLES }, () => ({ to: absent.person, body: 'x'.repeat(textBytes) }));
  await Promise.all(messages.map((message) => host.request(person, { command: 'send', message })));
}

function portOf({ neighbourhood }: BenchNode): number {
  const port = neighbourhood.listening?.port;
  if (port === undefined) throw new Error('the node does not listen');
  return port;
}

/** @returns bundles per second */
async function give(giver: BenchNode, home: string): Promise<number> {
  let acknowledged = 0;
  let startedAt = 0;
  const done = new Promise<number>((resolve) => {
    giver.host.subscribe(giver.person, (event) => {
      if (event.type !== 'message-state' || event.message.state.state !== 'carried') return;
      if (acknowledged === 0) startedAt = performance.now();
      acknowledged += 1;
      if (acknowledged === BUNDLES) resolve(((BUNDLES - 1) * 1_000) / (performance.now() - startedAt));
    });
  });
  const anywhere = ['--no-discovery', '--tcpcl', '127.0.0.1:0', '--xmpp', '127.0.0.1:0'];
  const args = ['start', '--quiet', '--home', home, ...anywhere, '--peer', `127.0.0.1:${portOf(giver)}`];
  const taker = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const died = new Promise<never>((_, reject) => {
    taker.once('exit', (code) => reject(new Error(`the taker ended early, with status ${code}`)));
  });
  try {
    return await Promise.race([done, died]);
  } finally {
    taker.removeAllListeners('exit');
    const exited = new Promise((resolve) => taker.once('exit', resolve));
    taker.kill('SIGTERM');
    await exited;
  }
}

function systemNow(): Now {
  return { steady: steadyMs(performance.now()), wall: wallTimeMs(Date.now()), wallTrusted: true };
}
