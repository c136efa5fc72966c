/** `hearsay bundle receive`: listens as a TCPCLv4 node and keeps each valid bundle as a file of its own. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DecodeError, messageOf } from '../base/index.js';
import { bundleKeyOf, decodeBundle, formatEid } from '../bundle/index.js';
import { formatHostPort, type HostPort, replaceFile } from '../daemon/index.js';
import { type IncomingTransfer, type LinkSession, listenPlain, RefuseReason } from '../link/index.js';
import { surroundings } from './bundle-send.js';
import type { CliIo } from './io.js';

const ENOUGH = 0;
const FAILED = 1;
const INVALID = 2;

export interface ReceiveArgs {
  readonly tcpcl: HostPort;
  readonly node: string;
  readonly out: string;
  readonly json?: boolean;
  /** Stop after so many. */
  readonly count?: number;
  /** Stop after so many seconds. */
  readonly timeout?: number;
}

type Ending = 'enough' | 'time' | 'interrupted' | { readonly failed: unknown };

/**
 * A bundle is acknowledged when its file is synced, and not before. Invalid ones are refused and not kept.
 *
 * @returns 0; 2 when an invalid bundle came; 1 when the time was over before `count` bundles had come, or a file could not
 *   be written.
 */
export async function bundleReceive(args: ReceiveArgs, io: CliIo): Promise<number> {
  await mkdir(args.out, { recursive: true });
  const sessions = new Set<LinkSession>();
  let kept = 0;
  let invalid = 0;
  let end: (ending: Ending) => void = () => {};
  const ended = new Promise<Ending>((resolve) => {
    end = resolve;
  });

  const take = async (session: LinkSession, transfer: IncomingTransfer): Promise<void> => {
    const written = await keep(args, session, transfer, io);
    if (written) kept++;
    else invalid++;
    if (kept === args.count) end('enough');
  };
  const listener = await listenPlain(args.tcpcl, surroundings(args.node), {
    up: (session) => sessions.add(session),
    down: (session) => sessions.delete(session),
    bundle: (session, transfer) => {
      if (args.count !== undefined && kept >= args.count) return transfer.refuse(RefuseReason.SessionTerminating);
      take(session, transfer).catch((failed: unknown) => {
        transfer.refuse(RefuseReason.NoResources);
        end({ failed });
      });
    },
  });
  io.err(`listening on ${formatHostPort(listener.address)} as ${args.node}\n`);

  const stop = (): void => end('interrupted');
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const timer = args.timeout === undefined ? undefined : setTimeout(() => end('time'), args.timeout * 1_000);
  const ending = await ended;
  clearTimeout(timer);
  process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop);
  for (const session of sessions) session.close();
  await Promise.race([listener.close(), goodbyes()]);

  if (typeof ending === 'object') {
    io.err(`hearsay: a bundle could not be kept: ${messageOf(ending.failed)}\n`);
    return FAILED;
  }
  if (invalid > 0) return INVALID;
  if (ending === 'time' && args.count !== undefined && kept < args.count) {
    io.err(`hearsay: ${kept} of ${args.count} bundles came within ${args.timeout} s\n`);
    return FAILED;
  }
  return ENOUGH;
}

/** Acknowledgements that are on their way get a moment to leave. */
function goodbyes(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 300).unref());
}

async function keep(args: ReceiveArgs, session: LinkSession, transfer: IncomingTransfer, io: CliIo): Promise<boolean> {
  const say = (report: Readonly<Record<string, unknown>>, words: string): void =>
    io.out(`${args.json === true ? JSON.stringify({ ...report, from: session.peerEid }) : words}\n`);
  try {
    const bundle = decodeBundle(transfer.bytes);
    const { primary } = bundle;
    const key = bundleKeyOf(bundle);
    const file = join(args.out, `${key}.cbor`);
    await replaceFile(file, transfer.bytes);
    transfer.accept();
    const sizeBytes = transfer.bytes.length;
    const [source, destination] = [formatEid(primary.source), formatEid(primary.destination)];
    say(
      { outcome: 'kept', bundleKey: key, sizeBytes, source, destination, file },
      `kept  ${key}  ${sizeBytes} bytes  ${source} → ${destination}  ${file}`,
    );
    return true;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    transfer.refuse(RefuseReason.NotAcceptable);
    const { code, offset, message } = error;
    say({ outcome: 'refused', error: { code, offset, message } }, `refused  ${code} at byte ${offset}: ${message}`);
    return false;
  }
}
