/** A visit to a stick in a few lines for people. */
import type { VisitReport } from './stick.js';
import { plural, size } from './table.js';

type Tally = VisitReport['taken'];

const CLEARED: Readonly<Record<keyof VisitReport['cleared'], string>> = {
  delivered: 'delivered here',
  receipted: 'delivered elsewhere',
  superseded: 'out of date',
  expired: 'expired',
  spoilt: 'damaged',
  room: 'to make room',
};

/** @param what was asked for: only that is spoken of. */
export function formatReport(report: VisitReport, what: { readonly take: boolean; readonly give: boolean }): string {
  const did = [
    ...(what.take ? [`took ${report.taken.bundles} new${receipts(report.taken)}`] : []),
    ...(what.give ? [`gave ${report.given.bundles}${receipts(report.given)}`] : []),
  ];
  const lines = [`${capital(did.join(', '))}; ${closing(report)}.`];
  const cleared = Object.entries(report.cleared).filter(([, count]) => count > 0);
  if (cleared.length > 0) {
    lines.push(`Cleared from the stick: ${cleared.map(([why, count]) => `${count} ${wordFor(why)}`).join(', ')}.`);
  }
  const { bundles, bytes, quotaBytes } = report.onStick;
  lines.push(`The stick carries ${plural(bundles, 'bundle')}, ${size(bytes)} of the ${size(quotaBytes)} it may.`);
  if (report.noRoomThere > 0) {
    lines.push(`${report.noRoomThere} less important ones found no room on it; --quota allows more.`);
  }
  if (report.noRoomHere > 0) lines.push(`${report.noRoomHere} stay on it: this laptop's store has no room for them.`);
  const refused = Object.entries(report.refused);
  if (refused.length > 0) lines.push(`Not taken: ${refused.map(([why, count]) => `${count} ${why}`).join(', ')}.`);
  if (report.readOnly) lines.push('The stick is read-only, so it was not tidied, and does not know what we hold.');
  return lines.join('\n');
}

function receipts(tally: Tally): string {
  return tally.receipts === 0 ? '' : ` (${plural(tally.receipts, 'receipt')})`;
}

function closing({ interrupted }: VisitReport): string {
  return interrupted ? 'interrupted, but safe to remove' : 'safe to remove';
}

function wordFor(why: string): string {
  return CLEARED[why as keyof VisitReport['cleared']];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
