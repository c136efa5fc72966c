/** `hearsay bundle verify`: whether the signatures of bundles are genuine. A line each; exit status 2 if one is not. */
import { DecodeError, messageOf, printable, toHex } from '../base/index.js';
import { bundleKey, decodeBundle, formatEid, verifyBundle } from '../bundle/index.js';
import { type BundleInput, bundlesIn, readInput } from './bundle-input.js';
import { readPublicKeys, resolverFor } from './bundle-keys.js';
import type { CliIo } from './io.js';

const GOOD = 0;
const UNREADABLE = 1;
const BAD = 2;

export interface VerifyArgs {
  readonly file?: string;
  readonly hex?: boolean;
  readonly json?: boolean;
  readonly key?: readonly string[];
}

interface Verdict {
  /** `ok`, why the signature does not count, or `invalid`: not even a bundle. */
  readonly verdict: string;
  readonly message: string;
  readonly bundleKey?: string;
  readonly securitySource?: string;
  readonly publicKey?: string;
}

export async function bundleVerify(args: VerifyArgs, io: CliIo): Promise<number> {
  const keys = (await Promise.all((args.key ?? []).map(readPublicKeys))).flat();
  let input: Uint8Array;
  try {
    input = await readInput(args.file, io);
  } catch (error) {
    io.err(`hearsay: cannot read ${printable(args.file ?? 'standard input')}: ${messageOf(error)}\n`);
    return UNREADABLE;
  }
  const verdicts = bundlesIn(input, args.hex === true).map((bundle) => judge(bundle, keys));
  for (const verdict of verdicts) io.out(`${args.json === true ? JSON.stringify(verdict) : inWords(verdict)}\n`);
  return verdicts.every(({ verdict }) => verdict === 'ok') ? GOOD : BAD;
}

function judge(input: BundleInput, keys: readonly Uint8Array[]): Verdict {
  try {
    if (input instanceof DecodeError) throw input;
    const bundle = decodeBundle(input);
    const outcome = verifyBundle(bundle, resolverFor(bundle, keys));
    const key = bundleKey(bundle.primary);
    if (!outcome.ok) return { verdict: outcome.code, message: outcome.message, bundleKey: key };
    return {
      verdict: 'ok',
      message: 'the signature is genuine',
      bundleKey: key,
      securitySource: formatEid(outcome.securitySource),
      publicKey: toHex(outcome.publicKey),
    };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { verdict: 'invalid', message: `${error.code} at byte ${error.offset}: ${error.message}` };
  }
}

function inWords({ verdict, message, bundleKey: key, securitySource, publicKey }: Verdict): string {
  const by = securitySource === undefined ? '' : `  by ${printable(securitySource, 600)}, key ${publicKey}`;
  return `${verdict}${key === undefined ? '' : `  ${key}`}  ${message}${by}`;
}
