import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/folder.js';
import { ensureBuilt, runHearsay, startHearsay } from '../support/hearsay.js';

const READY = 'Point a chat client';
const FREE_PORTS = ['--tcpcl', '127.0.0.1:0', '--xmpp', '127.0.0.1:0', '--no-discovery'];

beforeAll(ensureBuilt, 120_000);

describe('a node as a process', () => {
  it('keeps its identity over restarts, and says in the ready file who it is', async () => {
    const home = join(temporaryFolder(), 'home');
    const readyFile = join(temporaryFolder(), 'ready.json');
    const people: string[] = [];
    for (const greeting of ['Welcome, Ana', 'Hello again, Ana']) {
      const node = startHearsay('start', '--home', home, '--nick', 'Ana', '--ready-file', readyFile, ...FREE_PORTS);
      await node.shows(greeting);
      await node.shows(READY);
      await node.shows(`hearsay status --home ${home}\n`);
      const report = JSON.parse(readFileSync(readyFile, 'utf8'));
      expect(report.jid).toMatch(/^ana\.[a-z2-7]{6}@mesh\.localhost$/);
      people.push(report.personId);
      node.process.kill('SIGTERM');
      expect(await node.finished).toMatchObject({ status: 0, stderr: expect.not.stringContaining('error') });
      expect(existsSync(readyFile)).toBe(false);
    }
    expect(people[0]).toMatch(/^[a-z2-7]{26}$/);
    expect(people[1]).toBe(people[0]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('stops within 2 s of %s', async (signal) => {
    const node = startHearsay('start', '--home', temporaryFolder(), ...FREE_PORTS);
    await node.shows(READY);
    const asked = performance.now();
    node.process.kill(signal);
    expect((await node.finished).status).toBe(0);
    expect(performance.now() - asked).toBeLessThan(2000);
  });

  it('is refused a home where one runs already', async () => {
    const home = temporaryFolder();
    const first = startHearsay('start', '--home', home, ...FREE_PORTS);
    await first.shows(READY);
    const second = await runHearsay('start', '--home', home, ...FREE_PORTS);
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(`already running on ${home} (process ${first.process.pid})`);
    first.process.kill('SIGTERM');
    expect((await first.finished).status).toBe(0);
  });

  it('starts again after it was killed', async () => {
    const home = temporaryFolder();
    const killed = startHearsay('start', '--home', home, ...FREE_PORTS);
    await killed.shows(READY);
    killed.process.kill('SIGKILL');
    await killed.finished;
    expect(existsSync(join(home, 'control.sock'))).toBe(true);
    const next = startHearsay('start', '--home', home, ...FREE_PORTS);
    await next.shows('Hello again');
    next.process.kill('SIGTERM');
    expect((await next.finished).status).toBe(0);
  });

  it('is asked in vain when none runs', async () => {
    const status = await runHearsay('status', '--home', temporaryFolder());
    expect(status).toMatchObject({ status: 1, stdout: '', stderr: 'hearsay: no node is running on this home\n' });
  });
});
