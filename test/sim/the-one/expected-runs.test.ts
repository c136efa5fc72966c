/** Our reports beside those that The ONE wrote: the same, line for line. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWithShared } from '../../support/optional.js';
import { expectedLines, firstDifference, reportsOf } from './support.js';

const KINDS = ['EventLogReport', 'DeliveredMessagesReport', 'MessageStatsReport'];
/** Each run takes a second or so of a free processor. */
const PATIENCE_MS = 60_000;

describeWithShared('a run of The ONE’s own', 'scenarios/the-one', (root) => {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const settingsOf = (run: string): string[] =>
    run === 'rwp50_check' ? ['default_settings.txt', 'rwp50_check.txt'] : [`trace/${run}.txt`];

  for (const run of readdirSync(join(root, 'expected'))) {
    it(`comes out line for line: ${run}`, { timeout: PATIENCE_MS }, () => {
      const reports = reportsOf(settingsOf(run).map(read), { readFile: read });
      for (const kind of KINDS) {
        const expected = expectedLines(join(root, 'expected', run), `${kind}.txt`);
        if (expected !== undefined) expect(firstDifference(reports[kind] ?? [], expected), kind).toBeUndefined();
      }
    });
  }
});
