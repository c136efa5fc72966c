/**
 * How the `hearsay` command talks to the running node: a Unix socket in the home, one JSON object a line.
 *
 * Request `{"method": "status", "params": …}`; answer `{"result": …}` or `{"error": {"code": …, "message": …}}`.
 * Whoever can open the socket is the user who owns the home; nobody else may.
 */
import { chmod } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { HearsayError, type Logger, messageOf, SILENT } from '../base/index.js';

/** The result must be something that JSON can say. */
export type ControlHandler = (params: unknown) => unknown;

export interface ControlServer {
  readonly path: string;
  close(): Promise<void>;
}

const MAX_REQUEST_BYTES = 64 * 1024;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_CONNECTIONS = 32;
const IDLE_MS = 60_000;
/** @default of a call: longer than any honest answer, short enough for a person at a prompt. */
const CALL_TIMEOUT_MS = 10_000;

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** The path must be free: see claimControlPath in control-path.ts. `ping` is answered without a handler. */
export async function serveControl(
  path: string,
  handlers: Readonly<Record<string, ControlHandler>>,
  log: Logger = SILENT,
): Promise<ControlServer> {
  const known = new Map<string, ControlHandler>(Object.entries({ ping: () => ({ pid: process.pid }), ...handlers }));
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', (error) => log.debug('control connection broke', { error: messageOf(error) }));
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    // One after the other, so that answers come in the order of the requests.
    let queue = Promise.resolve();
    readLines(socket, MAX_REQUEST_BYTES, (line) => {
      queue = queue.then(async () => {
        const answer = await answerTo(line, known);
        if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`);
      });
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  return {
    path,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/**
 * @throws HearsayError `ERR_NOT_RUNNING` when nobody listens, `ERR_CONTROL` when the node doesn't answer properly, or
 *   the code that the node's handler failed with.
 */
export function callControl(
  path: string,
  method: string,
  params: unknown = null,
  options: { readonly timeoutMs?: number } = {},
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let settled = false;
    const settle = (act: () => void): void => {
      if (settled) return;
      settled = true;
      socket.destroy();
      act();
    };
    const fail = (code: string, message: string, cause?: unknown): void =>
      settle(() => reject(new HearsayError(code, message, { cause })));

    socket.setTimeout(options.timeoutMs ?? CALL_TIMEOUT_MS, () =>
      fail('ERR_CONTROL', 'the node on this home does not answer'),
    );
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const nobody = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      fail(
        nobody ? 'ERR_NOT_RUNNING' : 'ERR_CONTROL',
        nobody ? 'no node is running on this home' : error.message,
        error,
      );
    });
    socket.on('close', () => fail('ERR_CONTROL', 'the node closed the connection without an answer'));
    readLines(socket, MAX_ANSWER_BYTES, (line) => {
      const answer = parseJson(line) as Answer | undefined;
      if (answer?.error !== undefined) fail(String(answer.error.code), String(answer.error.message));
      else if (answer === undefined) fail('ERR_CONTROL', 'the node gave an answer that is not JSON');
      else settle(() => resolve(answer.result));
    });
    socket.write(`${JSON.stringify({ method, params })}\n`);
  });
}

async function answerTo(line: string, handlers: ReadonlyMap<string, ControlHandler>): Promise<Answer> {
  const request = parseJson(line) as { readonly method?: unknown; readonly params?: unknown } | null | undefined;
  const method = request?.method;
  const handler = typeof method === 'string' ? handlers.get(method) : undefined;
  if (handler === undefined) return { error: { code: 'ERR_CONTROL', message: 'no such method' } };
  try {
    return { result: (await handler(request?.params)) ?? null };
  } catch (error) {
    const code = error instanceof HearsayError ? error.code : 'ERR_INTERNAL';
    return { error: { code, message: messageOf(error) } };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Calls back for each whole line; a line that outgrows the bound ends the connection. */
function readLines(socket: Socket, maxBytes: number, onLine: (line: string) => void): void {
  let parts: Buffer[] = [];
  let length = 0;
  socket.on('data', (chunk: Buffer) => {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      onLine(Buffer.concat(parts).toString('utf8'));
      parts = [];
      length = 0;
      from = end + 1;
    }
    const rest = chunk.subarray(from);
    parts.push(rest);
    length += rest.length;
    if (length > maxBytes) socket.destroy();
  });
}
