/**
 * `node scripts/ci-summary.js REPORT FAILED_STEPS`: the closing line of a CI run, from vitest's JSON report and the number
 * of steps (lint, types, tests) that exited non-zero. Exit status 1 unless something passed and nothing failed.
 */
import { readFileSync } from 'node:fs';

const [reportFile = '', steps = '0'] = process.argv.slice(2);
const { passed, failed, skipped } = count(readReport(reportFile), Number(steps));
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function count(report, failedSteps) {
  const passed = report?.numPassedTests ?? 0;
  // A file that can't even be loaded has no tests to count, and has failed all the same.
  const broken = (report?.testResults ?? []).filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  ).length;
  const failedTests = (report?.numFailedTests ?? 0) + broken;
  // The test step fails together with its tests; other failed steps come on top.
  const otherSteps = failedTests > 0 ? Math.max(0, failedSteps - 1) : failedSteps;
  const failed = failedTests + otherSteps;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  return { passed, failed: report === undefined ? Math.max(1, failed) : failed, skipped };
}
