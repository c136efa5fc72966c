/** Bundles to, from and through dtn7-rs, over TCPCLv4. What it can't do is written in ../shared/vectors/README.md. */
import { expect, test } from 'vitest';
import { DecodeError, toHex, utf8 } from '../../src/base/index.js';
import {
  decodeBundle,
  dtnEid,
  encodeBundle,
  formatEid,
  hopCountOf,
  payloadOf,
  previousNodeOf,
  verifyBundle,
} from '../../src/bundle/index.js';
import { RefuseReason } from '../../src/link/index.js';
import { ANA, ANA_EID, signedChat } from '../support/bundles.js';
import { describeWithPrograms } from '../support/optional.js';
import { startDtn7Rs } from './support/dtn7-rs.js';
import { DTN7_RS_DTND, DTN7_RS_RECEIVE, DTN7_RS_SEND } from './support/foreign-node.js';
import { startLinkNode } from './support/link-node.js';
import { bundleFor, freshCreation } from './support/traffic.js';

/** @returns the code of the DecodeError that is thrown. */
function codeOf(decode: () => unknown): string {
  try {
    decode();
  } catch (error) {
    if (error instanceof DecodeError) return error.code;
    throw error;
  }
  return 'accepted';
}

const TEXT = 'the bridge is open again';

describeWithPrograms('dtn7-rs', [DTN7_RS_DTND, DTN7_RS_SEND, DTN7_RS_RECEIVE], () => {
  test('dies of our gossip offer, and is dialled again without it', async () => {
    const peer = await startDtn7Rs();
    const us = await startLinkNode('hearsay', [peer.port]);
    const session = await us.session();
    expect([session.peerEid, session.gossip, session.role]).toEqual([peer.nodeEid, false, 'active']);
    expect(us.log).toContain('debug dialling without the gossip offer');
    expect(peer.log()).toContain('session extension items found but unsupported');
  });

  test('takes a bundle of ours and delivers it', async () => {
    const peer = await startDtn7Rs();
    const us = await startLinkNode('hearsay', [peer.port]);
    const session = await us.session();
    expect(await session.sendBundle(bundleFor(`${peer.nodeEid}incoming`, utf8(TEXT)))).toEqual({ outcome: 'acked' });
    expect(Buffer.from(await peer.receive()).toString()).toBe(TEXT);
  });

  test('sends us a bundle that its own command made, which RFC 9171 does not allow: its primary block has no CRC', async () => {
    const peer = await startDtn7Rs();
    const us = await startLinkNode('hearsay', [peer.port]);
    const session = await us.session();
    await peer.send('dtn://hearsay/inbox', utf8(TEXT));
    const transfer = await us.events.nextBundle();
    expect(codeOf(() => decodeBundle(transfer.bytes))).toBe('ERR_BUNDLE_CRC_TYPE');
    transfer.refuse(RefuseReason.NotAcceptable);
    expect(await session.sendBundle(bundleFor(`${peer.nodeEid}incoming`, utf8(TEXT)))).toEqual({ outcome: 'acked' });
  });

  test('sends us a bundle that another program gave it in its name, as it is but for its own blocks', async () => {
    const peer = await startDtn7Rs();
    const us = await startLinkNode('hearsay', [peer.port]);
    await us.session();
    await peer.insert(bundleFor('dtn://hearsay/inbox', utf8(TEXT), `${peer.nodeEid}incoming`));
    const transfer = await us.events.nextBundle();
    transfer.accept();
    const bundle = decodeBundle(transfer.bytes);
    expect(formatEid(bundle.primary.destination)).toBe('dtn://hearsay/inbox');
    expect(Buffer.from(payloadOf(bundle)).toString()).toBe(TEXT);
    expect(toHex(encodeBundle(bundle))).toBe(toHex(transfer.bytes));
  });

  test('dials us, and both directions work', async () => {
    const us = await startLinkNode('hearsay', []);
    const peer = await startDtn7Rs(`tcp://127.0.0.1:${us.port}/hearsay`);
    await peer.insert(bundleFor('dtn://hearsay/inbox', utf8(TEXT), `${peer.nodeEid}incoming`));
    const session = await us.session();
    expect([session.peerEid, session.gossip, session.role]).toEqual([peer.nodeEid, false, 'passive']);
    const transfer = await us.events.nextBundle();
    transfer.accept();
    expect(Buffer.from(payloadOf(decodeBundle(transfer.bytes))).toString()).toBe(TEXT);
    expect(await session.sendBundle(bundleFor(`${peer.nodeEid}incoming`, utf8(TEXT)))).toEqual({ outcome: 'acked' });
    expect(Buffer.from(await peer.receive()).toString()).toBe(TEXT);
  });

  test('carries a signed bundle with our private blocks from one of us to another, and the signature holds', async () => {
    const peer = await startDtn7Rs();
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
    expect(payloadOf(bundle)).toEqual(payloadOf(sent));
    const previous = previousNodeOf(bundle);
    expect(previous === undefined ? '' : formatEid(previous)).toBe(peer.nodeEid);
    expect(hopCountOf(bundle)?.count).toBe((hopCountOf(sent)?.count ?? 0) + 1);
  });

  test('is not sent what it announced to be too large for it, and the session lives on', async () => {
    const peer = await startDtn7Rs();
    const us = await startLinkNode('hearsay', [peer.port]);
    const session = await us.session();
    const destination = `${peer.nodeEid}incoming`;
    expect(await session.sendBundle(bundleFor(destination, new Uint8Array(70_000)))).toMatchObject({
      outcome: 'refused',
    });
    const large = new Uint8Array(60_000).fill(65);
    expect(await session.sendBundle(bundleFor(destination, large))).toEqual({ outcome: 'acked' });
    expect((await peer.receive()).length).toBe(large.length);
    expect(us.events.log.at(-1)).toBe(`up ${peer.nodeEid} active`);
  });
});
