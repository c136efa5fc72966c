/** `hearsay export` and `hearsay import` with real homes and a real folder for a stick, the nodes running or not. */
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CliIo } from '../../src/cli/io.js';
import { runCli } from '../../src/cli/program.js';
import { settingsOf } from '../../src/cli/start.js';
import { watchSticks } from '../../src/cli/stick-watch.js';
import { type RunningNode, startDaemon } from '../../src/daemon/index.js';
import { temporaryFolder } from '../support/folder.js';

const ANYWHERE = { host: '127.0.0.1', port: 0 };

async function startNode(home: string, nick: string): Promise<RunningNode> {
  const flags = { home, nick, tcpcl: ANYWHERE, xmpp: ANYWHERE, discovery: false, logLevel: 'silent' as const };
  const node = await startDaemon(await settingsOf(flags));
  onTestFinished(() => node.stop());
  return node;
}

function capture(onOut: (out: string) => void = () => {}): { io: CliIo; out: () => string; err: () => string } {
  let out = '';
  let err = '';
  return {
    io: {
      out: (text) => {
        out += text;
        onOut(out);
      },
      err: (text) => {
        err += text;
      },
      stdin: { async *[Symbol.asyncIterator]() {} },
      colours: false,
    },
    out: () => out,
    err: () => err,
  };
}

async function run(...argv: string[]) {
  const { io, out, err } = capture();
  const status = await runCli(argv, io);
  return { status, out: out(), err: err() };
}

interface Place {
  readonly stick: string;
  readonly anas: string;
  readonly bens: string;
}

function place(): Place {
  const folder = temporaryFolder();
  const stick = join(folder, 'STICK');
  mkdirSync(stick);
  return { stick, anas: join(folder, 'ana'), bens: join(folder, 'ben') };
}

const carry = (command: 'export' | 'import', stick: string, home: string) => run(command, stick, '--home', home);

describe('a message on a stick between two nodes that never meet', () => {
  it('arrives, and its receipt comes back, with both nodes running', async () => {
    const { stick, anas, bens } = place();
    const ana = await startNode(anas, 'Ana');
    const ben = await startNode(bens, 'Ben');
    expect(await carry('export', stick, bens)).toMatchObject({ status: 0, err: '' });
    expect((await carry('import', stick, anas)).out).toMatch(/^Took 1 new; safe to remove\./);
    await ana.account.send({ to: ben.report.jid, body: 'by stick' });
    expect((await carry('export', stick, anas)).out).toMatch(/^Gave 2; safe to remove\./);
    expect(ana.account.sent()[0]?.state).toEqual({ state: 'carried', by: 1 });

    expect((await carry('import', stick, bens)).out).toMatch(/^Took 2 new; safe to remove\./);
    expect(ben.account.inbox()).toMatchObject([{ body: 'by stick' }]);
    expect((await carry('export', stick, bens)).out).toMatch(/^Gave 1 \(1 receipt\); safe to remove\./);

    expect((await carry('import', stick, anas)).out).toMatch(/^Took 1 new \(1 receipt\); safe to remove\./);
    expect(ana.account.sent()[0]?.state).toMatchObject({ state: 'delivered' });
  });

  it('arrives with neither node running at the time', async () => {
    const { stick, anas, bens } = place();
    const ben = await startNode(bens, 'Ben');
    await carry('export', stick, bens);
    await ben.stop();
    const ana = await startNode(anas, 'Ana');
    await carry('import', stick, anas);
    await ana.account.send({ to: ben.report.jid, body: 'while you were away' });
    await ana.stop();

    expect(await carry('export', stick, anas)).toMatchObject({ status: 0, err: '' });
    const imported = await run('import', stick, '--home', bens, '--json');
    expect(JSON.parse(imported.out)).toMatchObject({
      taken: { bundles: 2, receipts: 0 },
      readOnly: false,
      refused: {},
    });
    const again = await startNode(bens, 'Ben');
    expect(again.account.inbox()).toMatchObject([{ body: 'while you were away' }]);
  });

  it('lies there as a standard bundle that bundle inspect reads', async () => {
    const { stick, anas } = place();
    await startNode(anas, 'Ana');
    await carry('export', stick, anas);
    const bundles = join(stick, 'hearsay', 'bundles');
    const [shard = ''] = readdirSync(bundles);
    const [file = ''] = readdirSync(join(bundles, shard));
    const { status, out } = await run('bundle', 'inspect', join(bundles, shard, file));
    expect(status).toBe(0);
    expect(out).toContain('~profile');
  });
});

describe('watching for a stick', () => {
  it('takes and gives each time it comes, until it is interrupted', async () => {
    const { stick, anas, bens } = place();
    const away = `${stick}-in-a-pocket`;
    const ana = await startNode(anas, 'Ana');
    const ben = await startNode(bens, 'Ben');
    await carry('export', stick, bens);
    renameSync(stick, away);

    const controller = new AbortController();
    const seen: string[] = [];
    let visits = 0;
    const { io, out } = capture((text) => {
      const done = text.split('safe to remove').length - 1;
      if (done === visits) return;
      visits = done;
      seen.push(text);
      renameSync(stick, away);
      if (done === 2) return controller.abort();
      void ana.account.send({ to: ben.report.jid, body: 'on the second visit' }).then(() => {
        setTimeout(() => renameSync(away, stick), 2_100);
      });
    });
    const watching = watchSticks(stick, { home: anas }, io, controller.signal);
    renameSync(away, stick);
    expect(await watching).toBe(0);
    expect(out()).toContain(`Waiting for ${stick}`);
    expect(out()).toContain('Took 1 new, gave 1; safe to remove.');
    expect(out()).toContain('Took 0 new, gave 1; safe to remove.');
  });

  it('leaves a stick alone that nobody has exported to', async () => {
    const { stick, anas } = place();
    await startNode(anas, 'Ana');
    const controller = new AbortController();
    const { io, out } = capture((text) => {
      if (text.includes('has no hearsay folder')) controller.abort();
    });
    await watchSticks(undefined, { home: anas }, io, controller.signal, async () => [stick]);
    expect(out()).toContain(`hearsay export ${stick}`);
    expect(existsSync(join(stick, 'hearsay'))).toBe(false);
  });
});

describe('what can be wrong with a stick', () => {
  it.each([
    ['a path that is not there', (at: Place) => ['export', join(at.stick, 'none')], /cannot use .*none/],
    ['a file', (at: Place) => ['export', join(at.stick, 'file')], /is not a folder/],
    ['no path', () => ['import'], /--watch/],
    ['no home', (at: Place) => ['export', at.stick], /there is no node in .*; make one with: hearsay start/],
    ['a size that is none', (at: Place) => ['export', at.stick, '--quota', 'lots'], /is not a size/],
  ])('is said in one line: %s', async (_, argv, message) => {
    const at = place();
    writeFileSync(join(at.stick, 'file'), '');
    const { status, out, err } = await run(...argv(at), '--home', at.anas);
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toMatch(message);
    expect(existsSync(at.anas)).toBe(false);
  });

  it('is that there is nothing on it', async () => {
    const { stick, anas } = place();
    await startNode(anas, 'Ana');
    const { status, err } = await carry('import', stick, anas);
    expect({ status, err }).toEqual({ status: 1, err: `hearsay: there is nothing of Hearsay on ${stick}\n` });
  });

  it('is that it is too small, with exit status 2', async () => {
    const { stick, anas } = place();
    const node = await startNode(anas, 'Ana');
    await carry('export', stick, anas);
    await node.account.send({ to: node.report.jid, body: 'to myself' });
    const small = join(stick, 'other');
    mkdirSync(small);
    const { status, out } = await run('export', small, '--home', anas, '--quota', '1');
    expect(status).toBe(2);
    expect(out).toContain('1 less important ones found no room on it; --quota allows more.');
  });
});

describe('the help', () => {
  it.each([['export'], ['import']])('of %s has examples, and fits a terminal', async (command) => {
    const { status, out } = await run(command, '--help');
    expect(status).toBe(0);
    expect(out).toContain(`hearsay ${command} /media/`);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});
