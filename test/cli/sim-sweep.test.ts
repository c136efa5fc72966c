/** Sweeps as a user runs them: on threads, stopped and gone on with, and over a real Redis with a worker that is killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/folder.js';
import { ensureBuilt, runHearsay, startHearsay } from '../support/hearsay.js';
import { describeWithPrograms } from '../support/optional.js';

const SCENARIO = `name: small
duration: 6 min
world: { width: 300 m, height: 300 m }
radios: { wifi: { range: 60 m, bandwidth: 1 MB/s } }
groups: { people: { count: 6, mobility: { model: random-waypoint, speed: 0.5..1.5 m/s, pause: 0..2 min } } }
traffic: [{ every: 30..60 s, size: 200 B, end: 5 min }]
sweep:
  engine.strategy: [epidemic, direct]
  seed: [1..2]
`;

function sweepFolder(): { readonly file: string; readonly results: string; readonly csv: string } {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'small.yaml'), SCENARIO);
  return { file: join(folder, 'small.yaml'), results: join(folder, 'results.jsonl'), csv: join(folder, 'table.csv') };
}

const linesOf = (path: string): readonly string[] => readFileSync(path, 'utf8').trimEnd().split('\n');

beforeAll(ensureBuilt, 120_000);

describe('hearsay sim sweep', () => {
  it('gives the same on one core as on two, and goes on where it was stopped', async () => {
    const [one, two] = [sweepFolder(), sweepFolder()];
    const tables: string[] = [];
    for (const [{ file, results, csv }, workers] of [
      [one, '1'],
      [two, '2'],
    ] as const) {
      const run = await runHearsay('sim', 'sweep', file, '--results', results, '--csv', csv, '--workers', workers);
      expect(run).toMatchObject({ status: 0, stderr: '' });
      expect(run.stdout).toMatch(/^engine\.strategy +runs +delivered/);
      tables.push(readFileSync(csv, 'utf8'));
    }
    expect(tables[1]).toBe(tables[0]);
    // As if it had been stopped after two runs.
    writeFileSync(one.results, `${linesOf(one.results).slice(0, 2).join('\n')}\n`);
    const again = await runHearsay('sim', 'sweep', one.file, '--results', one.results, '--csv', one.csv);
    expect(again.stderr).toContain('2 runs of 4 done before');
    expect(linesOf(one.results)).toHaveLength(4);
    expect(readFileSync(one.csv, 'utf8')).toBe(tables[0]);
  });

  it('says with its line what is wrong with the scenario', async () => {
    const { file } = sweepFolder();
    writeFileSync(file, SCENARIO.replace('count: 6', 'cuont: 6'));
    const run = await runHearsay('sim', 'sweep', file);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('small.yaml:5: groups.people: there is no setting "cuont" here; do you mean "count"?');
  });

  it('says that there is no Redis', async () => {
    const { file, results } = sweepFolder();
    const run = await runHearsay(
      'sim',
      'sweep',
      file,
      '--results',
      results,
      '--queue',
      'redis://me:secret@127.0.0.1:1',
    );
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('there is no Redis at redis://127.0.0.1:1');
    expect(run.stderr).not.toContain('secret');
  });
});

describeWithPrograms('a sweep on a queue', ['redis-server'], () => {
  it('loses nothing when a worker is killed in the middle of a run', { timeout: 120_000 }, async () => {
    const { file, results, csv } = sweepFolder();
    const url = await startRedis();
    const sweep = startHearsay('sim', 'sweep', file, '--results', results, '--csv', csv, '--queue', url, '--quiet');
    const victim = startHearsay('sim', 'worker', '--queue', url, '--threads', '1');
    await untilErrShows(victim.process, 'done');
    victim.process.kill('SIGKILL');
    await victim.finished;
    const worker = startHearsay('sim', 'worker', '--queue', url, '--threads', '1');
    expect(await sweep.finished).toMatchObject({ status: 0 });
    expect(linesOf(results)).toHaveLength(4);
    worker.process.kill('SIGTERM');
    expect(await worker.finished).toMatchObject({ status: 0 });

    const local = sweepFolder();
    await runHearsay('sim', 'sweep', local.file, '--results', local.results, '--csv', local.csv);
    expect(readFileSync(csv, 'utf8')).toBe(readFileSync(local.csv, 'utf8'));
  });
});

function untilErrShows(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let shown = '';
    child.stderr?.on('data', (chunk) => {
      shown += chunk;
      if (shown.includes(text)) resolve();
    });
    child.on('close', () => reject(new Error(`ended without saying "${text}":\n${shown}`)));
  });
}

/** @returns the URL of a Redis of its own, killed when the test ends. */
async function startRedis(): Promise<string> {
  const port = await freePort();
  const folder = temporaryFolder();
  const redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void redis.kill('SIGKILL'));
  await new Promise<void>((resolve, reject) => {
    redis.stdout.on('data', (chunk) => String(chunk).includes('Ready to accept connections') && resolve());
    redis.on('close', () => reject(new Error('redis-server ended')));
  });
  return `redis://127.0.0.1:${port}`;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
