import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/folder.js';

const SCRIPTS = resolve(import.meta.dirname, '../../scripts');

describe('the closing line of a CI run', () => {
  const whole = { numPassedTests: 5, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
  const unloadable = { status: 'failed', assertionResults: [] };

  it.each([
    ['all passed', whole, '0', '5 passed, 0 failed\n', 0],
    ['some failed, and so did their step', { ...whole, numFailedTests: 2 }, '1', '5 passed, 2 failed\n', 1],
    ['lint failed', whole, '1', '5 passed, 1 failed\n', 1],
    ['some were skipped', { ...whole, numPendingTests: 3 }, '0', '5 passed, 0 failed, 3 skipped\n', 0],
    ['a file could not be loaded', { ...whole, testResults: [unloadable] }, '1', '5 passed, 1 failed\n', 1],
    ['nothing ran', { ...whole, numPassedTests: 0 }, '0', '0 passed, 0 failed\n', 1],
    ['there is no report', undefined, '0', '0 passed, 1 failed\n', 1],
  ])('counts when %s', (_, report, failedSteps, line, status) => {
    const file = join(temporaryFolder(), 'report.json');
    if (report !== undefined) writeFileSync(file, JSON.stringify(report));
    const run = spawnSync(process.execPath, [join(SCRIPTS, 'ci-summary.js'), file, failedSteps], { encoding: 'utf8' });
    expect([run.stdout, run.status]).toEqual([line, status]);
  });
});

describe('the check of Node’s version', () => {
  function check(version: string): string {
    const lib = (name: string): string => JSON.stringify(pathToFileURL(join(SCRIPTS, 'lib', name)).href);
    const code = `
      import { requireNode } from ${lib('node-version.js')};
      import { runScript } from ${lib('say.js')};
      await runScript(async () => requireNode('${version}'));`;
    return spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }).stderr;
  }

  it('refuses an old one in a sentence', () => {
    expect(check('20.18.3')).toMatch(/^hearsay: Node\.js 20\.19 or newer is needed, and this is 20\.18\.3\..*\n$/);
    expect(check('18.20.0')).toContain('18.20.0');
  });

  it('accepts the oldest that works, and newer ones', () => {
    expect(check('20.19.0') + check('22.1.0') + check('24.0.0')).toBe('');
  });
});
