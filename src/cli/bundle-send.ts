/** `hearsay bundle send`: hands bundles to a TCPCLv4 node and says what became of each. */
import { DecodeError, HearsayError, messageOf, printable, SILENT } from '../base/index.js';
import { bundleKey, decodeBundle } from '../bundle/index.js';
import type { HostPort } from '../daemon/index.js';
import { dialPlain, type LinkSession, RefuseReason, type SendOutcome, systemTimers } from '../link/index.js';
import { bundlesIn, readInput } from './bundle-input.js';
import type { CliIo } from './io.js';

const ACKNOWLEDGED = 0;
const FAILED = 1;
const REFUSED = 2;

export interface SendArgs {
  readonly tcpcl: HostPort;
  readonly node: string;
  readonly hex?: boolean;
  readonly json?: boolean;
  /** Send the files as they are, valid or not, each as one bundle. */
  readonly unchecked?: boolean;
  /** Seconds. */
  readonly timeout: number;
}

interface Outgoing {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly key: string | undefined;
}

interface Report {
  readonly file: string;
  readonly bundleKey: string | null;
  readonly sizeBytes: number;
  /** `acked`, `refused`, or `cut`: nobody knows. */
  readonly outcome: SendOutcome['outcome'];
  readonly reason?: string;
}

/**
 * @returns 0 when all were acknowledged, 2 when one was refused (or is not valid, and then nothing is sent), 1 when there
 *   was no session or it broke.
 */
export async function bundleSend(files: readonly string[], args: SendArgs, io: CliIo): Promise<number> {
  const outgoing = await readAll(files, args, io);
  if (outgoing === undefined) return REFUSED;
  const session = await dialPlain(args.tcpcl, args.timeout * 1_000, surroundings(args.node), {
    // What the peer wants to give us is another command's business.
    bundle: (_session, transfer) => transfer.refuse(RefuseReason.NotAcceptable),
  });
  const reports = await Promise.all(outgoing.map((each) => send(session, each, args.timeout * 1_000)));
  session.close();
  for (const report of reports) io.out(`${args.json === true ? JSON.stringify(report) : inWords(report)}\n`);
  if (reports.some(({ outcome }) => outcome === 'refused')) return REFUSED;
  return reports.some(({ outcome }) => outcome === 'cut') ? FAILED : ACKNOWLEDGED;
}

export function surroundings(nodeEid: string) {
  return { nodeEid, timers: systemTimers(), log: SILENT };
}

async function readAll(files: readonly string[], args: SendArgs, io: CliIo): Promise<Outgoing[] | undefined> {
  const outgoing: Outgoing[] = [];
  let allValid = true;
  for (const file of files) {
    const content = await readFile(file, io);
    const found = args.unchecked === true && args.hex !== true ? [content] : bundlesIn(content, args.hex === true);
    for (const bytes of found) {
      try {
        if (bytes instanceof DecodeError) throw bytes;
        const key = args.unchecked === true ? undefined : bundleKey(decodeBundle(bytes).primary);
        outgoing.push({ file, bytes, key });
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        io.err(`hearsay: ${printable(file)}: ${error.code} at byte ${error.offset}: ${error.message}\n`);
        allValid = false;
      }
    }
  }
  return allValid ? outgoing : undefined;
}

async function readFile(file: string, io: CliIo): Promise<Uint8Array> {
  try {
    return await readInput(file, io);
  } catch (error) {
    throw new HearsayError('ERR_INPUT', `cannot read ${printable(file)}: ${messageOf(error)}`, { cause: error });
  }
}

async function send(session: LinkSession, { file, bytes, key }: Outgoing, timeoutMs: number): Promise<Report> {
  let cancel: (() => void) | undefined;
  const late = new Promise<SendOutcome>((resolve) => {
    const timer = setTimeout(() => resolve({ outcome: 'cut', ackedBytes: 0 }), timeoutMs);
    cancel = () => clearTimeout(timer);
  });
  const result = await Promise.race([session.sendBundle(bytes), late]);
  cancel?.();
  return {
    file,
    bundleKey: key ?? null,
    sizeBytes: bytes.length,
    outcome: result.outcome,
    ...(result.outcome === 'refused' ? { reason: reasonName(result.reason) } : {}),
  };
}

/** `NotAcceptable` becomes `not-acceptable`. */
function reasonName(reason: RefuseReason): string {
  const name = RefuseReason[reason] ?? `reason-${reason}`;
  return name.replace(/(?<=.)[A-Z]/g, '-$&').toLowerCase();
}

function inWords({ file, bundleKey: key, sizeBytes, outcome, reason }: Report): string {
  const end = reason === undefined ? '' : `  ${reason}`;
  return `${outcome}  ${key ?? 'unchecked'}  ${sizeBytes} bytes  ${printable(file)}${end}`;
}
