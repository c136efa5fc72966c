/**
 * `node dist/fuzz/seeds.js`: puts inputs that we made before what the corpora hold; `npm run fuzz -- TARGET --keep` then drops
 * those that reach no code of their own. (The seeds of bpsec-operations are RFC 9173's examples and our COSE vectors.)
 */
import { X509Certificate } from 'node:crypto';
import { type Random, seededRandom, utf8 } from '../src/base/index.js';
import { BlockType, createBundle, dtnEid, encodeAdminRecord, encodeBundle, NULL_EID } from '../src/bundle/index.js';
import { encodeCbor } from '../src/cbor/index.js';
import { encodeChunk, encodeManifest, manifestFor } from '../src/chat/index.js';
import { seal } from '../src/crypto/index.js';
import { nodeCertificate } from '../src/daemon/node-certificate.js';
import { encodeFrame } from '../src/gossip/index.js';
import { encodeBeacon } from '../src/link/discovery/beacon/beacon.js';
import { encodeMessage } from '../src/link/tcpcl/messages.js';
import { readCorpus, writeCorpus } from './engine/corpus.js';
import { PAYLOAD, PEOPLE, SEALED_TEXTS } from './support/people.js';
import { SIGNED } from './support/signed.js';

const random: Random = seededRandom(1);
const [ana, ben] = PEOPLE;
const cutByte = Uint8Array.of(7);
const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const plain = {
  source: dtnEid('ana', 'laptop'),
  destination: { scheme: 'ipn', kind: 'ipn', allocator: 0, node: 7, service: 3, elements: 2 },
  creation: { time: 848_750_400_000, sequence: 0 },
  lifetimeMs: 3_600_000,
  payload: PAYLOAD,
} as const;

const session = [
  encodeMessage({ type: 'contact', version: 4, flags: 0 }),
  encodeMessage({
    type: 'sess-init',
    keepaliveSeconds: 10,
    segmentMru: 65_536n,
    transferMru: 1_048_576n,
    nodeId: 'dtn://ana/',
    extensions: [{ flags: 0, type: 0xe48a, value: new Uint8Array(15).fill(1) }],
  }),
  encodeMessage({
    type: 'xfer-segment',
    flags: 2,
    transferId: 1n,
    extensions: [{ flags: 1, type: 1, value: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 24) }],
    data: PAYLOAD.subarray(0, 10),
  }),
  encodeMessage({ type: 'xfer-segment', flags: 1, transferId: 1n, extensions: [], data: PAYLOAD.subarray(10) }),
  encodeMessage({ type: 'xfer-ack', flags: 1, transferId: 1n, acknowledgedLength: 24n }),
  encodeMessage({ type: 'xfer-refuse', reason: 2, transferId: 2n }),
  encodeMessage({ type: 'keepalive' }),
  encodeMessage({ type: 'gossip', body: Uint8Array.of(1, 2, 3) }),
  encodeMessage({ type: 'probe', answer: true }),
  encodeMessage({ type: 'msg-reject', reason: 1, rejectedType: 9 }),
  encodeMessage({ type: 'sess-term', flags: 0, reason: 0 }),
];

/** For the session machine: who we are, then each message as a chunk, and what happens here as bytes from 200 on. */
const RELEASE = 202;
const SEND = 203;
const ACCEPT = 205;
const FLUSHED = 208;
const happenings = (who: number): Uint8Array => {
  const [contact = PAYLOAD, init = PAYLOAD, ...rest] = session.map((bytes) => join(Uint8Array.of(bytes.length), bytes));
  return join(
    Uint8Array.of(who),
    contact,
    init,
    Uint8Array.of(RELEASE, SEND, FLUSHED),
    ...rest,
    Uint8Array.of(ACCEPT, SEND),
  );
};

const stream =
  "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='a' " +
  "version='1.0'><message to='b' xml:lang='en'><body>a &amp; b</body><x xmlns='u'/></message> <presence/></stream:stream>";

const no = { asserted: false };
const report = {
  received: { asserted: true, time: 848_750_400_000 },
  forwarded: no,
  delivered: no,
  deleted: no,
  reason: 0,
  source: plain.source,
  creation: plain.creation,
};

/** What a node shows in TLS. */
async function certificateDer(eid = 'dtn://a/'): Promise<Uint8Array> {
  const { raw } = new X509Certificate(await nodeCertificate(new Uint8Array(32).fill(5), { eid }));
  return new Uint8Array(raw);
}

const CONTENT = random.bytes(4200);
const CHUNKED = manifestFor(CONTENT, 4096);

const seeds: Readonly<Record<string, readonly Uint8Array[]>> = {
  bundle: [
    ...SIGNED.map(encodeBundle),
    encodeBundle(createBundle(plain)),
    encodeBundle(
      createBundle({ ...plain, creation: { time: 0, sequence: 1 }, ageMs: 5, copies: 3, previousNode: NULL_EID }),
    ),
  ],
  bpsec: SIGNED.flatMap(({ blocks }) => blocks.filter(({ type }) => type === BlockType.BlockIntegrity)).map(
    ({ data }) => data,
  ),
  'admin-record': [
    encodeAdminRecord({ kind: 'status-report', report }),
    encodeAdminRecord({ kind: 'status-report', report: { ...report, fragment: { offset: 0, length: 10 } } }),
    encodeAdminRecord({ kind: 'other', type: 66, content: Uint8Array.of(0x42, 1, 2) }),
  ],
  beacon: [
    encodeBeacon({ label: 'abcdefghijk27', port: 4556 }),
    encodeCbor(['hearsay', 1, 'abcdefghijk27', 65_535, ['later', new Map([[1, PAYLOAD]])]]),
  ],
  cbor: [
    encodeCbor([
      1,
      -1,
      2n ** 60n,
      'text',
      PAYLOAD,
      true,
      null,
      new Map<number | string, string>([
        [1, 'a'],
        ['k', 'b'],
      ]),
    ]),
  ],
  eid: [utf8('dtn://ana/~chat'), utf8('dtn:none'), utf8('ipn:977000.7.3'), utf8('ipn:7.3'), encodeCbor([1, '//ana/x'])],
  gossip: [
    encodeFrame({
      kind: 'hello',
      version: 1,
      nodeKey: random.bytes(32),
      epoch: random.bytes(8),
      head: 70_000,
      nonce: random.bytes(16),
    }),
    encodeFrame({ kind: 'auth', signature: random.bytes(64), since: 12 }),
    encodeFrame({ kind: 'offer', batch: 1, ids: [random.bytes(8), random.bytes(8)] }),
    encodeFrame({ kind: 'want', batch: 1, bitmap: Uint8Array.of(0xc0) }),
    encodeFrame({ kind: 'done', upTo: 99 }),
    encodeFrame({ kind: 'offer', batch: 2, ids: [random.bytes(5), random.bytes(5)] }),
    encodeFrame({ kind: 'want', batch: 2, bitmap: Uint8Array.of(0x80), later: Uint8Array.of(0x40) }),
    encodeFrame({ kind: 'ranges', answered: 1 }),
    encodeFrame({
      kind: 'ranges',
      answered: 0,
      ranges: {
        class: 2,
        items: [
          { mode: 'fingerprint', to: { time: 850_000_000_000, prefix: '' }, wide: true, fingerprint: 12_345 },
          { mode: 'fingerprint', to: { time: 849_000_000_000, prefix: 'c0ffee' }, wide: false, fingerprint: 99 },
          { mode: 'skip', to: { time: -1, prefix: '' } },
        ],
      },
    }),
    encodeFrame({
      kind: 'list',
      batch: 3,
      class: 1,
      items: [{ mode: 'ids', to: { time: -1, prefix: '' }, ids: [1, 2 ** 40 - 1] }],
    }),
  ],
  certificate: PEOPLE.map(({ certificate }) => certificate),
  sealed: SEALED_TEXTS.map((text) =>
    seal(
      utf8(text),
      [ana, ben].map(({ boxKeyId, box }) => ({ keyId: boxKeyId, publicKey: box.publicKey })),
      random,
    ),
  ),
  'node-id-name': [await certificateDer(), await certificateDer('ipn:977.0')],
  chunks: [
    encodeManifest(CHUNKED),
    encodeChunk(CONTENT, CHUNKED, 0),
    encodeChunk(CONTENT, CHUNKED, 1),
    encodeChunk(PAYLOAD, CHUNKED, 0),
    encodeCbor([2, 20_000, 16_384, random.bytes(32), 'later']),
    encodeCbor([2, 2 ** 40, 1, random.bytes(32)]),
  ],
  tcpcl: [join(cutByte, ...session), join(cutByte, ...session.slice(0, 3))],
  'tcpcl-session': [happenings(0), happenings(1), happenings(3)],
  xmpp: [join(cutByte, utf8(stream))],
};

for (const [target, inputs] of Object.entries(seeds)) {
  const file = `fuzz/corpus/${target}.hex`;
  writeCorpus(file, 'Our own (fuzz/seeds.ts), and what a fuzzer made of it.', [...inputs, ...readCorpus(file)]);
}
