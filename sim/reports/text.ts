/** The report on the terminal. */
import { summarise } from './summary.js';
import type { ByteKind, RunResult } from './types.js';

export const KIND_NAMES: Readonly<Record<ByteKind, string>> = {
  message: 'messages',
  bulk: 'bulk',
  receipt: 'receipts',
  presence: 'presence',
  certificate: 'certificates',
  gossip: 'gossip and acknowledgements',
};

export function textReport(result: RunResult): string {
  const { scenario, nodes, made } = result;
  const heading = `${scenario.name}, seed ${scenario.seed}: ${nodes.length} nodes, ${time(result.endedAtMs)}, ${result.strategy}`;
  const rows = [
    ...reportRows(result),
    ['took', `${made.cpuSeconds.toFixed(1)} s of CPU, ${made.peakMiB} MiB`] as const,
    ['result', result.digest.slice(0, 16)] as const,
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const body = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
  const note = result.complete ? '' : '\n  stopped early: everything is up to that moment';
  return `${heading}\n${body}${note}\n`;
}

/** What was found out, line by line: a name and what it says. */
export function reportRows(result: RunResult): readonly (readonly [name: string, value: string])[] {
  const { contacts, transfers, buffers } = result;
  const found = summarise(result);
  const last = buffers.samples.at(-1);
  const largest = Math.max(0, ...buffers.samples.map(({ max }) => max));
  return [
    ['contacts', `${contacts.count}, ${time(contacts.totalMs / Math.max(1, contacts.count))} on average`],
    ['messages', `${found.created} written, ${found.delivered} delivered (${percent(found.deliveryRatio)})`],
    ['of the oracle', `${percent(found.shareOfOracle)} of the ${found.reachable} that could have arrived`],
    ['delay', `${time(found.delay.median)} median, ${time(found.delay.mean)} mean, ${time(found.delay.p95)} for 95 %`],
    ['as fast as possible', `${percent(found.speedOfOracle)} (the oracle’s delay over ours)`],
    ['receipts', `${found.acknowledged} authors know that their message arrived`],
    ['hops', `${found.hops.mean.toFixed(1)} mean, ${found.hops.max} at most`],
    ['overhead', `${found.overheadRatio.toFixed(1)} transfers more than needed, per message delivered`],
    ['transfers', `${transfers.completed} completed, ${transfers.cut} cut, ${transfers.refused} refused`],
    ['on the air', airRow(result)],
    ['stores', `${percent(last?.mean ?? 0)} full on average at the end, ${percent(largest)} the fullest ever`],
    ['dropped', counts(result.drops)],
    ['refused', counts(result.refusals)],
    [
      'energy',
      `${result.energyJoules.total.toFixed(1)} J above idle, ${result.energyJoules.perNodeMax.toFixed(1)} J the busiest node`,
    ],
    ...presenceRow(result),
  ];
}

function airRow({ bytes }: RunResult): string {
  const kinds = Object.entries(KIND_NAMES) as [ByteKind, string][];
  const shown = kinds.filter(([kind]) => bytes[kind] > 0).map(([kind, name]) => `${size(bytes[kind])} ${name}`);
  return shown.length === 0 ? 'nothing' : shown.join(', ');
}

function presenceRow({ presence }: RunResult): (readonly [string, string])[] {
  if (presence === undefined) return [];
  const asked = presence.bins.reduce((sum, { count }) => sum + count, 0);
  const { brier, logScore } = presence;
  return [['presence', `Brier score ${brier.toFixed(3)}, log score ${logScore.toFixed(3)}, over ${asked} predictions`]];
}

function counts(by: Readonly<Record<string, number>>): string {
  const shown = Object.entries(by).filter(([, count]) => count > 0);
  if (shown.length === 0) return 'nothing';
  return shown.map(([reason, count]) => `${count} ${reason}`).join(', ');
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** `12 s`, `5.0 min`, `3.2 h` */
export function time(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${(ms / 60_000).toFixed(1)} min`;
  return ms < 172_800_000 ? `${(ms / 3_600_000).toFixed(1)} h` : `${(ms / 86_400_000).toFixed(1)} days`;
}

function size(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`;
  if (bytes < 10_000_000) return `${(bytes / 1000).toFixed(0)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
