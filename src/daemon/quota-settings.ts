/** `quotas` in the config file: what shares of the store each tier of trust may take (docs/custody.md). */
import { HearsayError, printable } from '../base/index.js';
import type { TierShares, TrustTier } from '../store/index.js';

/** What differs from the defaults. */
export type QuotaSettings = Readonly<Partial<Record<TrustTier, Readonly<Partial<TierShares>>>>>;

/** Written out here, so that a look at the help loads no store; the types keep them complete. */
const TIERS: Readonly<Record<Exclude<TrustTier, 'own'>, true>> = {
  provisioned: true,
  met: true,
  introduced: true,
  unknown: true,
  foreign: true,
};
const SHARES: Readonly<Record<keyof TierShares, true>> = {
  author: true,
  depositor: true,
  together: true,
  custody: true,
};

/**
 * For instance `{ unknown: { author: 5%, together: 0.4 } }`.
 *
 * @throws HearsayError `ERR_CONFIG`, with a message that reads on after the name of the key.
 */
export function parseQuotas(value: unknown): QuotaSettings {
  return Object.fromEntries(
    entriesOf(value, TIERS).map(([tier, shares]) => [
      tier,
      Object.fromEntries(entriesOf(shares, SHARES).map(([name, share]) => [name, shareOf(share)])),
    ]),
  );
}

function entriesOf(value: unknown, known: Readonly<Record<string, true>>): readonly [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse(`expected keys with values, and got ${printable(Array.isArray(value) ? 'a list' : value)}`);
  }
  const entries = Object.entries(value);
  for (const [key] of entries) {
    if (known[key] !== true)
      throw refuse(`unknown key "${printable(key)}"; there are ${Object.keys(known).join(', ')}`);
  }
  return entries;
}

function shareOf(value: unknown): number {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s*%$/.exec(value.trim()) : null;
  const share = match?.[1] === undefined ? value : Number(match[1]) / 100;
  if (typeof share !== 'number' || !(share >= 0 && share <= 1)) {
    throw refuse(`"${printable(value)}" is not a share of the store; write it as in 5%`);
  }
  return share;
}

function refuse(message: string): HearsayError {
  return new HearsayError('ERR_CONFIG', message);
}
