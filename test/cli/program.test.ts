import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CliIo } from '../../src/cli/io.js';
import { runCli } from '../../src/cli/program.js';
import { settingsOf } from '../../src/cli/start.js';
import { NO_DISCOVERY } from '../../src/daemon/index.js';
import { temporaryFolder } from '../support/folder.js';

async function run(...argv: string[]) {
  let out = '';
  let err = '';
  const io: CliIo = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    stdin: { async *[Symbol.asyncIterator]() {} },
    colours: false,
  };
  const status = await runCli(argv, io);
  return { status, out, err };
}

describe('the command line', () => {
  it.each([
    [['frob'], /^hearsay: unknown command 'frob'/],
    [['start', '--frob'], /^hearsay: unknown option '--frob'/],
    [['start', 'somewhere'], /^hearsay: too many arguments/],
    [['start', '--tcpcl'], /argument missing/],
    [['start', '--tcpcl', '::1:4556'], /brackets/],
    [['start', '--peer', 'host:0'], /dialled/],
    [['start', '--quota', 'lots'], /not a size/],
    [['start', '--nick', ''], /nickname/],
    [['start', '--log-level', 'loud'], /not one of debug/],
    [['start', '--config', '/no/such/file'], /can't read the config file/],
    [['demo', '--speed', '0'], /from 0.1 to 100/],
    [['demo', '--speed', 'fast'], /from 0.1 to 100/],
    [['contact', 'add'], /missing required argument 'address'/],
    [['contact', 'list', '--home', '/no/such/home'], /no node is running/],
    [['bundle', 'create'], /required option '--source <eid>' not specified/],
    [['bundle', 'send', '--tcpcl', 'nowhere', 'x'], /expected HOST:PORT/],
    [['bundle', 'receive', '--tcpcl', '127.0.0.1:0', '--out', 'x', '--node', 'me'], /--node: not an endpoint id/],
  ])('says what is wrong with %j in one line, and exits 1', async (argv, message) => {
    const { status, out, err } = await run(...argv);
    expect(err).toMatch(message);
    expect(err.trim().split('\n').length).toBeLessThanOrEqual(2);
    expect({ status, out }).toEqual({ status: 1, out: '' });
  });

  it.each([
    [['--help']],
    [['start', '--help']],
    [['demo', '--help']],
    [['contact', 'add', '--help']],
    [['bundle', 'inspect', '--help']],
  ])('explains %j on stdout', async (argv) => {
    const { status, out, err } = await run(...argv);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toMatch(/^Usage: hearsay /);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('knows its version', async () => {
    expect(await run('--version')).toEqual({ status: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' });
  });
});

describe('the settings of a start', () => {
  it('come from flags first, then the file, then the defaults', async () => {
    const config = join(temporaryFolder(), 'hearsay.yaml');
    writeFileSync(config, 'nick: File\ndomain: file.example\npeers: ["10.0.0.1:1"]\ndiscovery: false\n');
    const settings = await settingsOf({ config, nick: 'Flag', peer: [{ host: 'b', port: 2 }] });
    expect(settings).toMatchObject({
      nick: 'Flag',
      domain: 'file.example',
      peers: [{ host: 'b', port: 2 }],
      discovery: NO_DISCOVERY,
      xmpp: { host: '127.0.0.1', port: 5222 },
    });
  });

  it('log less when asked to be quiet', async () => {
    expect((await settingsOf({ quiet: true })).logLevel).toBe('warn');
    expect((await settingsOf({ quiet: true, logLevel: 'debug' })).logLevel).toBe('debug');
  });
});
