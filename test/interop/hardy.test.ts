/** TLS and clear text with Hardy's TCPCLv4: RFC 9174 by other hands, in both roles. */
import { expect, test } from 'vitest';
import { seededRandom, toHex, utf8 } from '../../src/base/index.js';
import { decodeBundle, payloadOf } from '../../src/bundle/index.js';
import type { TlsPolicy } from '../../src/link/index.js';
import { eventually } from '../hosts/eventually.js';
import { nodeIdentity } from '../link/support/node-identity.js';
import { describeWithPrograms } from '../support/optional.js';
import { HARDY_PEER } from './support/foreign-node.js';
import { startHardy } from './support/hardy.js';
import { startLinkNode } from './support/link-node.js';
import { bundleFor } from './support/traffic.js';

const TEXT = 'the bridge is open again';
const us = await nodeIdentity(21);

/** Our certificate's key is the node's own. */
function node(policy: TlsPolicy, peerPorts: readonly number[] = []) {
  return startLinkNode('hearsay', peerPorts, { eid: us.eid, links: us.security(policy) });
}

describeWithPrograms('Hardy', [HARDY_PEER], () => {
  test.each<['off' | 'offer' | 'require', TlsPolicy, boolean]>([
    ['off', 'offer', false],
    ['offer', 'off', false],
    ['offer', 'offer', true],
    ['require', 'offer', true],
  ])('that says %s, dialled by us who say %s, takes bundles (in TLS: %s)', async (theirs, ours, encrypted) => {
    const peer = await startHardy(theirs);
    const session = await (await node(ours, [peer.port])).session();
    expect(session).toMatchObject({ peerEid: peer.nodeEid, gossip: false, security: { encrypted } });
    const large = bundleFor('dtn://hardy/in', seededRandom(4).bytes(300_000));
    const sent = session.sendBundle(large);
    expect(toHex(await peer.receive())).toBe(toHex(large));
    expect(await sent).toEqual({ outcome: 'acked' });
  });

  test.each<['off' | 'offer' | 'require', TlsPolicy, boolean]>([
    ['off', 'offer', false],
    ['offer', 'offer', true],
    ['require', 'offer', true],
  ])('that says %s, dialling us who say %s, hands bundles over (in TLS: %s)', async (theirs, ours, encrypted) => {
    const here = await node(ours);
    const peer = await startHardy(theirs);
    const bundle = bundleFor('dtn://hearsay/in', utf8(TEXT));
    // It may look for the session that it has just made before that is in its register: then it says "no neighbour".
    const sent = eventually('Hardy has sent it', async () => (await peer.send(here.port, bundle)) === 'sent');
    const session = await here.session();
    expect(session).toMatchObject({ peerEid: peer.nodeEid, role: 'passive', security: { encrypted, proved: false } });
    const transfer = await here.events.nextBundle();
    transfer.accept();
    expect(Buffer.from(payloadOf(decodeBundle(transfer.bytes))).toString()).toBe(TEXT);
    await sent;
  });

  test('without TLS, or in TLS without a proof of its node id, is no neighbour where that is required', async () => {
    const here = await node('require');
    for (const tls of ['off', 'offer'] as const) {
      const peer = await startHardy(tls);
      expect(await peer.send(here.port, bundleFor('dtn://hearsay/in', utf8(TEXT)))).toBe('no neighbour');
    }
    expect(here.events.log).toEqual([]);
  });
});
