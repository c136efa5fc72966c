/** The messages of a run as CSV (RFC 4180), a line each; times in seconds since the start. */
import type { RunResult } from './types.js';

const COLUMNS = [
  'id',
  'from',
  'to',
  'size_bytes',
  'created_s',
  'delivered_s',
  'receipt_s',
  'hops',
  'copies',
  'oracle_s',
  'oracle_over_links_s',
  'path',
] as const;

export function csvReport({ messages, nodes }: RunResult): string {
  const name = (index: number): string => nodes[index]?.name ?? String(index);
  const lines = messages.map((message) =>
    [
      message.id,
      name(message.from),
      name(message.to),
      message.sizeBytes,
      seconds(message.createdAtMs),
      seconds(message.deliveredAtMs),
      seconds(message.receiptAtMs),
      message.hops ?? '',
      message.copies,
      seconds(message.oracle.earliestAtMs),
      seconds(message.oracle.earliestOverLinksAtMs),
      message.path?.map(name).join(' ') ?? '',
    ]
      .map(field)
      .join(','),
  );
  return `${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '' : (ms / 1000).toFixed(3);
}

function field(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
