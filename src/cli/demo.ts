/** `hearsay demo`: the main job on one machine. Three laptops; Ana's and Ben's never meet; Binta's walks between them. */
import { createColors } from 'picocolors';
import { HearsayError } from '../base/index.js';
import { LiveTeller } from './demo/live.js';
import { PICTURE_ROWS, PICTURE_WIDTH } from './demo/picture.js';
import { PlainTeller } from './demo/plain.js';
import { play, type Teller } from './demo/play.js';
import { Stage } from './demo/stage.js';
import { type Scene, STORY } from './demo/story.js';
import type { CliIo } from './io.js';

export interface DemoOptions {
  /** @default 1 */
  readonly speed?: number;
  readonly plain?: boolean;
}

const REDRAW_MS = 100;
const PLAIN_LOOK_MS = 20;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** @returns 0 when the message and its receipt arrived, else 1. */
export async function runDemo(
  { speed = 1, plain = false }: DemoOptions,
  io: CliIo,
  story: readonly Scene[] = STORY,
): Promise<number> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new HearsayError('ERR_DEMO', 'it was stopped before its end'));
  for (const name of SIGNALS) process.on(name, stop);
  const picture = !plain && fits(io);
  const teller = picture
    ? new LiveTeller((text) => io.out(text), createColors(io.colours))
    : new PlainTeller((text) => io.out(text));
  try {
    const tempo = { speed, tickMs: picture ? REDRAW_MS : PLAIN_LOOK_MS, signal: stopping.signal };
    const failure = await perform(story, teller, tempo).finally(() => teller.end());
    io.out(failure === undefined ? CLOSING : '');
    if (failure !== undefined) io.err(`hearsay: the demo failed: ${failure}\n`);
    return failure === undefined ? 0 : 1;
  } finally {
    for (const name of SIGNALS) process.removeListener(name, stop);
  }
}

const CLOSING = `
The message and its receipt arrived. Three real nodes did this: their bundles were signed, sealed,
stored and acknowledged over TCPCL; only time and who was near whom were played.
`;

function fits({ screen }: CliIo): boolean {
  return screen !== undefined && screen.columns >= PICTURE_WIDTH && screen.rows > PICTURE_ROWS;
}

/** @returns what went wrong, in words. */
async function perform(
  story: readonly Scene[],
  teller: Teller,
  tempo: Parameters<typeof play>[3],
): Promise<string | undefined> {
  const stage = await Stage.open(tempo.speed);
  try {
    await play(story, stage, teller, tempo);
    return verdict(stage);
  } catch (error) {
    if (tempo.signal.aborted) return messageOfAbort(tempo.signal);
    if (error instanceof HearsayError && error.code === 'ERR_DEMO') return error.message;
    throw error;
  } finally {
    await stage.close();
  }
}

function messageOfAbort({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason);
}

function verdict({ message, read }: Stage): string | undefined {
  if (message === undefined) return 'nothing was written';
  if (read.length === 0) return 'the message did not reach Ben';
  if (read.length > 1) return `the message reached Ben ${read.length} times`;
  if (message.state.state !== 'delivered') return 'the receipt did not reach Ana';
  return undefined;
}
