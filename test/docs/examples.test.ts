/** What the guides show is what happens. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../support/hearsay.js';

const ROOT = resolve(import.meta.dirname, '../..');

beforeAll(ensureBuilt, 120_000);

describe('an example of the researchers’ guide', () => {
  it.each(['walker', 'compare-strategies'])('%s prints what the guide says', (name) => {
    const run = spawnSync(process.execPath, [`docs/examples/${name}.mjs`], { cwd: ROOT, encoding: 'utf8' });
    expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(resolve(ROOT, 'docs/researchers.md'), 'utf8')).toContain(`\`\`\`\n${run.stdout}\`\`\``);
  });
});
