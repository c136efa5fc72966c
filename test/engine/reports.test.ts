/** Status reports of a running node (RFC 9171 §5, §6.1): which are made, how seldom, and what becomes of those that come. */
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS, seededRandom } from '../../src/base/index.js';
import {
  BlockFlag,
  type Bundle,
  BundleFlag,
  CrcType,
  decodeAdminRecord,
  decodeBundle,
  encodeAdminRecord,
  encodeBundle,
  formatEid,
  fragmentBundle,
  parseEid,
  payloadOf,
  ReportReason,
  type StatusReport,
  signBundle,
  verifyBundle,
} from '../../src/bundle/index.js';
import { encodeMessage } from '../../src/chat/index.js';
import { seal } from '../../src/crypto/index.js';
import { boxKeyIdOf, chatEndpoint, issueDeviceCertificate, nodeEid, nodeIdOf } from '../../src/people/index.js';
import { foreignBundle, HARBOUR, meetForeign, STATION } from './support/foreign.js';
import { keyOf, nodeKeyOf, Stranger, TinyHost } from './support/tiny-host.js';

const ALL =
  BundleFlag.ReportReception | BundleFlag.ReportForwarding | BundleFlag.ReportDelivery | BundleFlag.ReportDeletion;
const LOG = `${STATION}reports`;
const HERE = formatEid(nodeEid(nodeIdOf(nodeKeyOf('here').publicKey)));
const ben = new Stranger('ben');

const asking = (change: Parameters<typeof foreignBundle>[0] = {}): Bundle =>
  foreignBundle({ flags: ALL + BundleFlag.StatusTimeRequested, reportTo: LOG, ...change });

/** The reports on the disk for an endpoint. */
async function reportsTo(host: TinyHost, endpoint = LOG): Promise<readonly { bundle: Bundle; report: StatusReport }[]> {
  const [keys] = JSON.parse(await host.disk()) as [string[]];
  const found: { bundle: Bundle; report: StatusReport }[] = [];
  for (const key of keys) {
    const bundle = decodeBundle((await host.read(key as ReturnType<typeof keyOf>)) ?? new Uint8Array(0));
    if (formatEid(bundle.primary.destination) !== endpoint) continue;
    const record = decodeAdminRecord(payloadOf(bundle));
    if (record.kind === 'status-report') found.push({ bundle, report: record.report });
  }
  return found;
}

function asserted({ report }: { report: StatusReport }): string {
  return (['received', 'forwarded', 'delivered', 'deleted'] as const).filter((item) => report[item].asserted).join();
}

async function assertedTo(host: TinyHost, endpoint = LOG): Promise<readonly string[]> {
  return (await reportsTo(host, endpoint)).map(asserted).sort();
}

function counts(host: TinyHost) {
  return host.engine.status(host.now()).dtn.reports;
}

describe('a report', () => {
  it('says that a bundle was received, when, and by whom, with the laptop’s signature', async () => {
    const host = await TinyHost.start();
    const bundle = asking();
    await host.receive(encodeBundle(bundle));
    const [only, ...others] = await reportsTo(host);
    if (only === undefined) throw new Error('no report');
    expect(others).toEqual([]);
    expect(asserted(only)).toBe('received');
    expect([formatEid(only.report.source), only.report.creation]).toEqual([`${STATION}log`, bundle.primary.creation]);
    expect(only.report.received.time).toBeGreaterThan(0);
    expect(formatEid(only.bundle.primary.source)).toBe(HERE);
    expect(verifyBundle(only.bundle, ({ keyId }) => keyId).ok).toBe(true);
    expect(encodeBundle(only.bundle).length).toBeLessThan(512);
    expect(counts(host).sent).toEqual({ received: 1, forwarded: 0, delivered: 0, deleted: 0 });
  });

  it('is carried by other Hearsay nodes, by its signature', async () => {
    const host = await TinyHost.start();
    await host.receive(encodeBundle(asking()));
    const [report] = await reportsTo(host);
    const elsewhere = await TinyHost.start({ config: { nodeKey: nodeKeyOf('elsewhere') } });
    const bytes = encodeBundle((report as { bundle: Bundle }).bundle);
    expect(await elsewhere.receive(bytes)).toBe('accept');
    const altered = bytes.slice();
    const at = altered.length - 20;
    altered[at] = (altered[at] ?? 0) ^ 1;
    const third = await TinyHost.start({ config: { nodeKey: nodeKeyOf('third') } });
    expect(await third.receive(altered)).toBe('unacceptable');
  });

  it('says that it was handed on, once', async () => {
    const host = await TinyHost.start();
    const bytes = encodeBundle(asking({ flags: BundleFlag.ReportForwarding }));
    await host.receive(bytes);
    for (const [link, peer] of [HARBOUR, 'dtn://pier/'].entries()) {
      await meetForeign(host, link + 2, peer);
      host.feed({ type: 'sent', link: link + 2, key: keyOf(bytes), outcome: 'acked' });
      await host.settle();
    }
    expect(await assertedTo(host)).toEqual(['forwarded']);
  });

  it('says that it expired here, over a restart too, though its bytes are gone', async () => {
    const host = await TinyHost.start();
    await host.receive(encodeBundle(asking({ flags: BundleFlag.ReportDeletion, lifetimeMs: HOUR_MS })));
    await host.crash();
    await host.pass(HOUR_MS + 1);
    const [only] = await reportsTo(host);
    expect(only && [asserted(only), only.report.reason]).toEqual(['deleted', ReportReason.LifetimeExpired]);
    // Times were not asked for.
    expect(only?.report.deleted.time).toBeUndefined();
  });

  it('says that it made all its hops, or had a block that nobody here knows', async () => {
    const host = await TinyHost.start();
    const flags = ALL;
    const { primary, blocks } = asking({ flags });
    const strange = (blockFlags: number) => ({
      type: 210,
      number: 99,
      flags: blockFlags,
      crcType: CrcType.Crc16,
      data: Uint8Array.of(1),
    });
    const fatal = { primary, blocks: [strange(BlockFlag.DeleteBundleIfUnprocessable), ...blocks] };
    expect(await host.receive(encodeBundle(fatal))).toBe('unacceptable');
    const curious = foreignBundle({ reportTo: LOG });
    const asks = { ...curious, blocks: [strange(BlockFlag.ReportIfUnprocessable), ...curious.blocks] };
    expect(await host.receive(encodeBundle(asks))).toBe('accept');
    await host.settle();
    const said = (await reportsTo(host)).map(({ report }) => report.reason);
    expect(said).toEqual([ReportReason.BlockUnsupported, ReportReason.BlockUnsupported]);
    expect(await assertedTo(host)).toEqual(['deleted', 'received']);
  });

  it('says that a person’s message was delivered, if it asks for that', async () => {
    const host = await TinyHost.start();
    const to = host.config.people[0];
    if (to === undefined) throw new Error('nobody here');
    const content = encodeMessage({ author: ben.id, id: 'm', body: 'hello', heldMs: 0 });
    const recipient = { keyId: boxKeyIdOf(to.box.publicKey), publicKey: to.box.publicKey };
    const payload = seal(content, [recipient], seededRandom(1));
    const spec = { destination: formatEid(chatEndpoint(host.me)), source: ben.local.source, payload, ageMs: 0 };
    const { personKey, deviceKey } = ben.keys;
    const message = signBundle(asking({ ...spec, flags: BundleFlag.ReportDelivery }), {
      privateKey: deviceKey,
      keyId: new Uint8Array(8),
      certificate: issueDeviceCertificate(personKey, ben.local.device, deviceKey.publicKey),
      securitySource: parseEid(ben.local.source),
    });
    expect(await host.receive(encodeBundle(message))).toBe('accept');
    expect(host.engine.inboxSize(host.me)).toBe(1);
    expect(await assertedTo(host)).toEqual(['delivered']);
  });
});

describe('no report', () => {
  it.each([
    ['to nobody', { reportTo: 'dtn:none' }],
    ['to a group', { reportTo: 'dtn://everybody/~all' }],
    ['that was not asked for', { flags: 0 }],
    ['to this very node', { reportTo: `${HERE}log` }],
  ])('is made %s', async (_, change) => {
    const host = await TinyHost.start();
    expect(await host.receive(encodeBundle(asking(change)))).toBe('accept');
    await host.pass(DAY_MS);
    expect(counts(host)).toEqual({
      sent: { received: 0, forwarded: 0, delivered: 0, deleted: 0 },
      withheld: 0,
      taken: 0,
    });
  });

  it('is made about a fragment', async () => {
    const host = await TinyHost.start();
    const pieces = fragmentBundle(asking({ payload: new Uint8Array(900) }), { maxPayloadBytes: 300 });
    if (!pieces.ok) throw new Error('not cut');
    for (const piece of pieces.fragments) await host.receive(encodeBundle(piece));
    await host.pass(2 * HOUR_MS);
    expect(await reportsTo(host)).toEqual([]);
  });

  it('is made about what names a person and does not prove it', async () => {
    const host = await TinyHost.start();
    for (const hopLimit of [undefined, 1]) {
      const bundle = asking({ source: `dtn://${ben.id}/first`, ...(hopLimit === undefined ? {} : { hopLimit }) });
      expect(await host.receive(encodeBundle(bundle))).toBe('unacceptable');
    }
    expect(await reportsTo(host)).toEqual([]);
  });

  it('is made about a report', async () => {
    const host = await TinyHost.start();
    await host.receive(encodeBundle(asking()));
    const [report] = await reportsTo(host);
    const elsewhere = await TinyHost.start({ config: { nodeKey: nodeKeyOf('elsewhere') } });
    await elsewhere.receive(encodeBundle((report as { bundle: Bundle }).bundle));
    await elsewhere.pass(2 * DAY_MS);
    expect(counts(elsewhere).sent).toEqual({ received: 0, forwarded: 0, delivered: 0, deleted: 0 });
  });
});

describe('who tries to have reports made against somebody', () => {
  it('gets eight, and then six a minute, however many bundles name the victim', async () => {
    const host = await TinyHost.start();
    for (let i = 0; i < 200; i++) await host.receive(encodeBundle(asking({ source: `dtn://liar-${i}/app` })), i % 3);
    expect((await reportsTo(host)).length).toBe(8);
    expect(counts(host).withheld).toBe(192);
    await host.pass(MINUTE_MS);
    for (let i = 0; i < 20; i++) await host.receive(encodeBundle(asking({ source: `dtn://liar-${i}/app` })));
    expect((await reportsTo(host)).length).toBe(14);
  });

  it('gets thirty-two, and then thirty a minute, however many victims there are', async () => {
    const host = await TinyHost.start();
    for (let i = 0; i < 100; i++) await host.receive(encodeBundle(asking({ reportTo: `dtn://victim-${i}/in` })));
    expect(counts(host).sent.received).toBe(32);
  });

  it('fills no room of ours with them: they are the mail of somebody unknown', async () => {
    const host = await TinyHost.start();
    const before = host.engine.status(host.now()).store.byTier.own.bytes;
    await host.receive(encodeBundle(asking()));
    const { byTier } = host.engine.status(host.now()).store;
    expect([byTier.own.bytes, byTier.unknown.authors]).toEqual([before, 1]);
  });
});

describe('a report that comes', () => {
  const report = (destination: string): Bundle =>
    foreignBundle({
      destination,
      flags: BundleFlag.IsAdminRecord,
      payload: encodeAdminRecord({
        kind: 'status-report',
        report: {
          received: { asserted: true },
          forwarded: { asserted: false },
          delivered: { asserted: false },
          deleted: { asserted: false },
          reason: 0,
          source: foreignBundle().primary.source,
          creation: { time: 1, sequence: 1 },
        },
      }),
    });

  it('for this node or one of its people is taken and counted, once', async () => {
    const host = await TinyHost.start();
    for (const destination of [HERE, `dtn://${host.me}/first`]) {
      const bytes = encodeBundle(report(destination));
      expect(await host.receive(bytes)).toBe('accept');
      expect(await host.receive(bytes)).toBe('already-had');
      expect(await host.read(keyOf(bytes))).toBeUndefined();
    }
    expect(counts(host).taken).toBe(2);
    expect(host.engine.inboxSize(host.me)).toBe(0);
  });

  it('for somebody else is carried', async () => {
    const host = await TinyHost.start();
    const bytes = encodeBundle(report(HARBOUR));
    expect(await host.receive(bytes)).toBe('accept');
    expect(await host.read(keyOf(bytes))).toBeDefined();
    expect(counts(host).taken).toBe(0);
  });

  it('and is none, is refused', async () => {
    const host = await TinyHost.start();
    const { primary, blocks } = report(HERE);
    const spoilt = {
      primary,
      blocks: blocks.map((block) => ({ ...block, data: block.type === 1 ? Uint8Array.of(0xff) : block.data })),
    };
    expect(await host.receive(encodeBundle(spoilt))).toBe('unacceptable');
  });
});
