/** `hearsay bundle send`: hands bundles to a TCPCLv4 node and says what became of each. */
import { DecodeError, printable, SILENT } from '../base/index.js';
import { bundleKeyOf, decodeBundle } from '../bundle/index.js';
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
  /** Of a refusal, as RFC 9174 §5.2.4 names it. */
  readonly reason?: string;
  /** What that means, of a refusal or a cut. */
  readonly message?: string;
}

/** So many at once: enough to keep a slow link busy, few enough that an answer is due soon. */
const IN_FLIGHT = 8;

const EXPLAINED: Readonly<Record<RefuseReason, string>> = {
  [RefuseReason.Unknown]: 'the node does not say why',
  [RefuseReason.Completed]: 'the node has it already',
  [RefuseReason.NoResources]: 'the node has no room for it, or takes no bundle as large as this',
  [RefuseReason.Retransmit]: 'the node wants it from the start again: send it once more',
  [RefuseReason.NotAcceptable]: 'the node does not take this bundle; to send it again will not help',
  [RefuseReason.ExtensionFailure]: 'the node does not know an extension of the transfer',
  [RefuseReason.SessionTerminating]: 'the node was about to end the session: send it once more',
};

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
  const reports = await sendAll(session, outgoing, args.timeout * 1_000, (report) => {
    io.out(`${args.json === true ? JSON.stringify(report) : inWords(report)}\n`);
  });
  session.close();
  if (reports.some(({ outcome }) => outcome === 'refused')) return REFUSED;
  return reports.some(({ outcome }) => outcome === 'cut') ? FAILED : ACKNOWLEDGED;
}

async function sendAll(
  session: LinkSession,
  outgoing: readonly Outgoing[],
  timeoutMs: number,
  tell: (report: Report) => void,
): Promise<readonly Report[]> {
  const reports: Report[] = [];
  const waiting = outgoing.entries();
  let silent = false;
  let told = 0;
  const sendInTurn = async (): Promise<void> => {
    for (const [at, each] of waiting) {
      const report = silent ? unsent(each) : await send(session, each, timeoutMs);
      silent ||= report.outcome === 'cut';
      reports[at] = report;
      // In the order of the files, each as soon as all before it are known.
      for (let next = reports[told]; next !== undefined; next = reports[told]) {
        tell(next);
        told++;
      }
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sendInTurn));
  return reports;
}

/** Waiting for each of a thousand in turn would not make a silent node speak. */
function unsent({ file, bytes, key }: Outgoing): Report {
  return {
    file,
    bundleKey: key ?? null,
    sizeBytes: bytes.length,
    outcome: 'cut',
    message: 'not sent: the session is over',
  };
}

export function surroundings(nodeEid: string) {
  return { nodeEid, timers: systemTimers(), log: SILENT };
}

async function readAll(files: readonly string[], args: SendArgs, io: CliIo): Promise<Outgoing[] | undefined> {
  const outgoing: Outgoing[] = [];
  let allValid = true;
  for (const file of files) {
    const content = await readInput(file, io);
    const found = args.unchecked === true && args.hex !== true ? [content] : bundlesIn(content, args.hex === true);
    for (const bytes of found) {
      try {
        if (bytes instanceof DecodeError) throw bytes;
        const key = args.unchecked === true ? undefined : bundleKeyOf(decodeBundle(bytes));
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

async function send(session: LinkSession, { file, bytes, key }: Outgoing, timeoutMs: number): Promise<Report> {
  const base = { file, bundleKey: key ?? null, sizeBytes: bytes.length };
  const result = await answerTo(session, bytes, timeoutMs);
  if (result === undefined) {
    return { ...base, outcome: 'cut', message: `no answer within ${timeoutMs / 1_000} s; it may have arrived` };
  }
  const { outcome } = result;
  if (outcome === 'acked') return { ...base, outcome };
  if (outcome === 'cut') return { ...base, outcome, message: 'the session ended; it may have arrived' };
  return { ...base, outcome, reason: reasonName(result.reason), message: EXPLAINED[result.reason] };
}

/** @returns undefined when nothing moved for so long: a large bundle over a slow link may take its time. */
async function answerTo(session: LinkSession, bytes: Uint8Array, timeoutMs: number): Promise<SendOutcome | undefined> {
  const sent = session.sendBundle(bytes);
  for (;;) {
    const buffered = session.bufferedBytes;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), timeoutMs);
    });
    const result = await Promise.race([sent, late]);
    clearTimeout(timer);
    if (result !== undefined || session.bufferedBytes === buffered) return result;
  }
}

/** `NotAcceptable` becomes `not-acceptable`. */
function reasonName(reason: RefuseReason): string {
  const name = RefuseReason[reason] ?? `reason-${reason}`;
  return name.replace(/(?<=.)[A-Z]/g, '-$&').toLowerCase();
}

function inWords({ file, bundleKey: key, sizeBytes, outcome, reason, message }: Report): string {
  const words = [outcome, key ?? 'unchecked', `${sizeBytes} bytes`, printable(file)];
  if (message !== undefined) words.push(reason === undefined ? message : `${reason}: ${message}`);
  return words.join('  ');
}
