/**
 * `hearsay bundle verify`: whether every security operation in bundles is genuine. A line each; exit status 0 when all are
 * good, 2 when one is not, cannot be judged, or is missing, or a bundle is not even readable.
 */
import { printable } from '../base/index.js';
import { bundleKeyOf, formatEid, type OperationVerdict, type SecurityKey } from '../bundle/index.js';
import { type BundleInput, bundlesIn, readInput } from './bundle-input.js';
import { type KeyArgs, readKeys } from './bundle-keys.js';
import { readBundle } from './bundle-read.js';
import { overall, type SignatureView, viewSecurity } from './bundle-security.js';
import { type ErrorView, viewError } from './bundle-view.js';
import type { CliIo } from './io.js';

const GOOD = 0;
const BAD = 2;

export interface VerifyArgs extends KeyArgs {
  /** `-`, or none at all: standard input. */
  readonly files?: readonly string[];
  readonly hex?: boolean;
  readonly json?: boolean;
}

interface Verdict {
  readonly file?: string;
  /** `ok`; `unsigned`; `invalid`, not even readable; or the verdict of the first operation that is not good. */
  readonly verdict: string;
  readonly message: string;
  /** Whether it is a bundle by RFC 9171; security operations can be good in one that is not. */
  readonly valid: boolean;
  readonly error?: ErrorView;
  readonly bundleKey?: string;
  readonly source?: string;
  readonly security?: readonly OperationVerdict[];
  readonly signature?: SignatureView;
}

/** @throws HearsayError `ERR_INPUT`, `ERR_KEY` */
export async function bundleVerify(args: VerifyArgs, io: CliIo): Promise<number> {
  const keys = await readKeys(args);
  const files = args.files === undefined || args.files.length === 0 ? ['-'] : args.files;
  let status = GOOD;
  for (const file of files) {
    for (const input of bundlesIn(await readInput(file, io), args.hex === true)) {
      const verdict = judge(input, keys, files.length > 1 ? file : undefined);
      if (verdict.verdict !== 'ok') status = BAD;
      io.out(`${args.json === true ? JSON.stringify(verdict) : inWords(verdict)}\n`);
    }
  }
  return status;
}

function judge(input: BundleInput, keys: readonly SecurityKey[], file: string | undefined): Verdict {
  const { bundle, error } = readBundle(input);
  const base = {
    ...(file === undefined ? {} : { file }),
    valid: error === undefined,
    ...(error === undefined ? {} : { error: viewError(error) }),
  };
  if (bundle === undefined) {
    const message = error === undefined ? '' : `${error.code} at byte ${error.offset}: ${error.message}`;
    return { verdict: 'invalid', message, ...base };
  }
  const view = viewSecurity(bundle, keys);
  return {
    ...overall(bundle, view),
    ...base,
    bundleKey: bundleKeyOf(bundle),
    source: formatEid(bundle.primary.source),
    security: view.operations,
    signature: view.signature,
  };
}

function inWords({ file, verdict, message, error, bundleKey: key, signature }: Verdict): string {
  const words = [...(file === undefined ? [] : [printable(file)]), verdict, ...(key === undefined ? [] : [key])];
  words.push(printable(message, 2_000));
  if (signature?.verdict === 'ok')
    words.push(`by ${printable(signature.securitySource, 600)}, key ${signature.publicKey}`);
  // A good operation is not yet what a node of ours believes.
  if (verdict === 'ok' && signature?.verdict === 'bad-scope') words.push(`(but ${signature.message})`);
  if (verdict !== 'invalid' && error !== undefined) words.push(`(not valid by RFC 9171: ${error.message})`);
  return words.join('  ');
}
