/**
 * The one logger of a running node: a line for each event, to stderr, for people.
 *
 * `2026-11-22T19:00:00.000Z info  neighbour found node=abc… address="[fe80::1]:4556"`
 */
import { createColors } from 'picocolors';
import { type LogFields, type Logger, type LogLevel, printable } from '../base/index.js';

/** `silent` is for programs that only want the exit status. */
export type LogThreshold = LogLevel | 'silent';

export const LOG_THRESHOLDS: readonly LogThreshold[] = ['debug', 'info', 'warn', 'error', 'silent'];

const RANK: Readonly<Record<LogThreshold, number>> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };
const MAX_FIELD_LENGTH = 200;
const BARE_WORD = /^[^\s"=]+$/;

/** Where lines go; the part of a stream that the logger needs. */
export interface LogSink {
  write(line: string): unknown;
  readonly isTTY?: boolean;
}

export interface LoggerOptions {
  /** @default 'info' */
  readonly threshold?: LogThreshold;
  /** @default process.stderr */
  readonly sink?: LogSink;
  /** Unix milliseconds. @default Date.now */
  readonly clock?: () => number;
}

export function createLogger(options: LoggerOptions = {}): Logger {
  const sink = options.sink ?? process.stderr;
  const clock = options.clock ?? Date.now;
  const least = RANK[options.threshold ?? 'info'];
  const colours = createColors(sink.isTTY === true && !process.env.NO_COLOR);
  const paint = { debug: colours.dim, info: colours.green, warn: colours.yellow, error: colours.red };

  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (RANK[level] < least) return;
    const time = colours.dim(new Date(clock()).toISOString());
    sink.write(`${time} ${paint[level](level.padEnd(5))} ${printable(message, MAX_FIELD_LENGTH)}${pairs(fields)}\n`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function pairs(fields: LogFields | undefined): string {
  let text = '';
  for (const [name, value] of Object.entries(fields ?? {})) {
    if (value === undefined) continue;
    const clean = printable(value, MAX_FIELD_LENGTH);
    text += ` ${name}=${BARE_WORD.test(clean) ? clean : JSON.stringify(clean)}`;
  }
  return text;
}
