/** Bundles to, from and through dtn7-go 0.9, over TCPCLv4. What it can't do is written in ../shared/vectors/README.md. */
import { expect, test } from 'vitest';
import { toHex, utf8 } from '../../src/base/index.js';
import {
  decodeBundle,
  dtnEid,
  encodeBundle,
  formatEid,
  payloadOf,
  previousNodeOf,
  verifyBundle,
} from '../../src/bundle/index.js';
import { RefuseReason } from '../../src/link/index.js';
import { ANA, ANA_EID, signedChat } from '../support/bundles.js';
import { describeWithPrograms } from '../support/optional.js';
import { startDtn7Go } from './support/dtn7-go.js';
import { DTN7_GO_DTND } from './support/foreign-node.js';
import { startLinkNode } from './support/link-node.js';
import { bundleFor, freshCreation } from './support/traffic.js';

const TEXT = 'the bridge is open again';

describeWithPrograms('dtn7-go', [DTN7_GO_DTND], () => {
  test('takes a bundle of ours and delivers it', async () => {
    const peer = await startDtn7Go();
    const us = await startLinkNode('hearsay', [peer.port]);
    const session = await us.session();
    expect([session.peerEid, session.gossip, session.role]).toEqual([peer.nodeEid, false, 'active']);
    expect(await session.sendBundle(bundleFor(`${peer.nodeEid}incoming`, utf8(TEXT)))).toEqual({ outcome: 'acked' });
    expect(Buffer.from(await peer.receive()).toString()).toBe(TEXT);
  });

  test('takes a bundle larger than our own segments, in one', async () => {
    const peer = await startDtn7Go();
    const us = await startLinkNode('hearsay', [peer.port]);
    const session = await us.session();
    const large = new Uint8Array(300_000).fill(65);
    expect(await session.sendBundle(bundleFor(`${peer.nodeEid}incoming`, large))).toEqual({ outcome: 'acked' });
    expect((await peer.receive()).length).toBe(large.length);
    expect(us.events.log).toEqual([`up ${peer.nodeEid} active`]);
  });

  test('sends us a bundle, which our strict decoder accepts', async () => {
    const peer = await startDtn7Go();
    const us = await startLinkNode('hearsay', [peer.port]);
    await us.session();
    await peer.send('dtn://hearsay/inbox', TEXT);
    const transfer = await us.events.nextBundle();
    transfer.accept();
    const bundle = decodeBundle(transfer.bytes);
    expect(formatEid(bundle.primary.source)).toBe(`${peer.nodeEid}incoming`);
    expect(Buffer.from(payloadOf(bundle)).toString()).toBe(TEXT);
    expect(toHex(encodeBundle(bundle))).toBe(toHex(transfer.bytes));
  });

  test('takes our refusal of a bundle, and offers it again at its next look at what waits', async () => {
    const peer = await startDtn7Go();
    const us = await startLinkNode('hearsay', [peer.port]);
    const session = await us.session();
    await peer.send('dtn://hearsay/inbox', TEXT);
    (await us.events.nextBundle()).refuse(RefuseReason.NoResources);
    expect(await session.sendBundle(bundleFor(`${peer.nodeEid}incoming`, utf8(TEXT)))).toEqual({ outcome: 'acked' });
    const again = await us.events.nextBundle();
    again.accept();
    expect(Buffer.from(payloadOf(decodeBundle(again.bytes))).toString()).toBe(TEXT);
  });

  test('dials us, and both directions work', async () => {
    const us = await startLinkNode('hearsay', []);
    const peer = await startDtn7Go(`127.0.0.1:${us.port}`);
    const session = await us.session();
    expect([session.peerEid, session.gossip, session.role]).toEqual([peer.nodeEid, false, 'passive']);
    await peer.send('dtn://hearsay/inbox', TEXT);
    const transfer = await us.events.nextBundle();
    transfer.accept();
    expect(Buffer.from(payloadOf(decodeBundle(transfer.bytes))).toString()).toBe(TEXT);
    expect(await session.sendBundle(bundleFor(`${peer.nodeEid}incoming`, utf8(TEXT)))).toEqual({ outcome: 'acked' });
    expect(Buffer.from(await peer.receive()).toString()).toBe(TEXT);
  });

  test('carries a signed bundle with our private blocks from one of us to another, and the signature holds', async () => {
    const peer = await startDtn7Go();
    const ana = await startLinkNode('ana', [peer.port]);
    const ben = await startLinkNode('ben', [peer.port]);
    const toPeer = await ana.session();
    await ben.session();
    const sent = signedChat({ destination: dtnEid('ben', '~chat'), creation: freshCreation() });
    expect(await toPeer.sendBundle(encodeBundle(sent))).toEqual({ outcome: 'acked' });
    const transfer = await ben.events.nextBundle();
    transfer.accept();
    const bundle = decodeBundle(transfer.bytes);
    expect(verifyBundle(bundle, () => ANA.publicKey)).toMatchObject({ ok: true, securitySource: ANA_EID });
    const previous = previousNodeOf(bundle);
    expect(previous === undefined ? '' : formatEid(previous)).toBe(peer.nodeEid);
  });
});
