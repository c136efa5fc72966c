/** RFC 9173's contexts on a bundle with 1 kB of payload, beside the bare HMAC and the bare AES-GCM of node:crypto. */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import {
  addConfidentiality,
  addIntegrity,
  type Bundle,
  createBundle,
  createKeyring,
  decodeBundle,
  encodeBundle,
  loadKeySet,
  openBundle,
  parseEid,
  type SecurityKey,
} from '../../src/bundle/index.js';
import type { Contender } from './turns.js';

const PAYLOAD_BYTES = 1_000;
const IV = new Uint8Array(12).fill(4);

export function securityContenders(): readonly Contender[] {
  const source = parseEid('ipn:2.1');
  const payload = new Uint8Array(PAYLOAD_BYTES).fill(0x5a);
  const plain = createBundle({
    ...{ source, destination: parseEid('ipn:1.2'), creation: { time: 848_750_400_000, sequence: 1 } },
    ...{ lifetimeMs: 3_600_000, payload },
  });
  const secret = new Uint8Array(32).fill(9);
  const [key] = loadKeySet({ kHex: '09'.repeat(32) }) as [SecurityKey];
  const keys = createKeyring([key]);
  const protect = (bundle: Bundle) =>
    addIntegrity(bundle, { context: 'BIB-HMAC-SHA2', key, source, targets: [1], variant: 5 });
  const encrypt = (bundle: Bundle) =>
    addConfidentiality(bundle, { context: 'BCB-AES-GCM', key, source, targets: [1], iv: IV });
  const protectedBytes = encodeBundle(protect(plain));
  const encryptedBytes = encodeBundle(encrypt(plain));
  const open = (bytes: Uint8Array): void => {
    if (openBundle(decodeBundle(bytes), keys).reports[0]?.outcome.ok !== true) throw new Error('not genuine');
  };
  const seal = (): { readonly ciphertext: Buffer; readonly tag: Buffer } => {
    const cipher = createCipheriv('aes-256-gcm', secret, IV);
    const ciphertext = Buffer.concat([cipher.update(payload), cipher.final()]);
    return { ciphertext, tag: cipher.getAuthTag() };
  };
  const sealed = seal();
  const unseal = (): void => {
    const decipher = createDecipheriv('aes-256-gcm', secret, IV, { authTagLength: 16 }).setAuthTag(sealed.tag);
    Buffer.concat([decipher.update(sealed.ciphertext), decipher.final()]);
  };
  const size = PAYLOAD_BYTES;
  return [
    {
      ...{ key: 'raw-hmac-1000', label: 'HMAC-SHA-256, 1000 B', unit: 'MACs/s' },
      run: () => void createHmac('sha256', secret).update(payload).digest(),
    },
    {
      ...{ key: 'bib-hmac-add-1000', label: `BIB-HMAC-SHA2 added and encoded, ${size} B`, beside: 'raw-hmac-1000' },
      run: () => void encodeBundle(protect(plain)),
    },
    {
      ...{
        key: 'bib-hmac-verify-1000',
        label: `BIB-HMAC-SHA2 decoded and verified, ${size} B`,
        beside: 'raw-hmac-1000',
      },
      run: () => open(protectedBytes),
    },
    { key: 'raw-gcm-seal-1000', label: 'AES-256-GCM, 1000 B encrypted', unit: 'messages/s', run: () => void seal() },
    { key: 'raw-gcm-open-1000', label: 'AES-256-GCM, 1000 B decrypted', unit: 'messages/s', run: unseal },
    {
      ...{ key: 'bcb-gcm-add-1000', label: `BCB-AES-GCM added and encoded, ${size} B`, beside: 'raw-gcm-seal-1000' },
      run: () => void encodeBundle(encrypt(plain)),
    },
    {
      ...{ key: 'bcb-gcm-open-1000', label: `BCB-AES-GCM decoded and opened, ${size} B`, beside: 'raw-gcm-open-1000' },
      run: () => open(encryptedBytes),
    },
  ];
}
