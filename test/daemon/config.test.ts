import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daemonConfig, parseSetting } from '../../src/daemon/config.js';
import { parseConfig, readConfigFile } from '../../src/daemon/config-file.js';
import { EVERY_WAY, NO_DISCOVERY } from '../../src/daemon/discovery-settings.js';
import { formatHostPort, parseHostPort } from '../../src/daemon/host-port.js';
import { defaultHome, runtimeFolder } from '../../src/daemon/xdg.js';
import { temporaryFolder } from '../support/folder.js';

describe('HOST:PORT', () => {
  it.each([
    ['127.0.0.1:5222', { host: '127.0.0.1', port: 5222 }],
    ['[::]:0', { host: '::', port: 0 }],
    ['[fe80::1%wlan0]:4556', { host: 'fe80::1%wlan0', port: 4556 }],
    ['laptop.local:65535', { host: 'laptop.local', port: 65_535 }],
  ])('reads %s and writes it again', (text, parsed) => {
    expect(parseHostPort(text)).toEqual(parsed);
    expect(formatHostPort(parsed)).toBe(text);
  });

  it.each(['', ':4556', 'host', 'host:', 'host:65536', 'host:4556 ', '[::1]', '[laptop]:1', 'a b:1', '1.2.3.4:-1'])(
    'refuses %j',
    (text) => {
      expect(() => parseHostPort(text)).toThrow(expect.objectContaining({ code: 'ERR_HOST_PORT' }));
    },
  );

  it('asks for brackets around a bare IPv6 address', () => {
    expect(() => parseHostPort('::1:4556')).toThrow(/brackets/);
  });

  it('never throws anything but its own error', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseHostPort(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_HOST_PORT' });
        }
      }),
    );
  });
});

describe('settings', () => {
  it.each([
    ['512 MiB', 512 * 1024 ** 2],
    ['2GiB', 2 * 1024 ** 3],
    ['1.5 gib', 1.5 * 1024 ** 3],
    ['800 MB', 800e6],
    ['20000000', 20_000_000],
  ])('read a size of %s', (text, bytes) => {
    expect(parseSetting.quota(text)).toBe(bytes);
  });

  it.each(['', 'lots', '-1 GiB', '1 XiB', '1 MiB'])('refuse a size of %j', (text) => {
    expect(() => parseSetting.quota(text)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  });

  it('dial no port 0', () => {
    expect(() => parseSetting.peer('[::1]:0')).toThrow(/dialled/);
    expect(parseSetting.listen('[::1]:0').port).toBe(0);
  });

  it('take domain names only', () => {
    expect(parseSetting.domain('Mesh.School-4.example')).toBe('mesh.school-4.example');
    for (const bad of ['', '.', 'a..b', '-a', 'a b', 'x'.repeat(64)]) expect(() => parseSetting.domain(bad)).toThrow();
  });

  it('let later ones win, and have defaults for the rest', () => {
    const config = daemonConfig({ domain: 'file.example', discovery: NO_DISCOVERY }, { domain: 'flag.example' });
    expect(config).toMatchObject({
      domain: 'flag.example',
      discovery: NO_DISCOVERY,
      tcpcl: { host: '::', port: 4556 },
      xmpp: { host: '127.0.0.1', port: 5222 },
      quotaBytes: 512 * 1024 ** 2,
      quotas: {},
    });
  });
});

describe('the config file', () => {
  it('reads every key', () => {
    const source = `
# a school server
home: data
nick: Server
tcpcl: "[::]:4556"
peers:
  - 10.0.0.2:4556
  - "[fe80::2]:4556"
discovery: false
xmpp: 0.0.0.0:5222
domain: mesh.example
quota: 2 GiB
quotas:
  unknown: { author: 5%, together: 0.4 }
ready-file: /run/hearsay.json
log-level: debug
tls: off
tls-authorities: school.pem
strategy: prophet
`;
    expect(parseConfig(source, '/etc/hearsay/config.yaml')).toEqual({
      home: '/etc/hearsay/data',
      nick: 'Server',
      tcpcl: { host: '::', port: 4556 },
      peers: [
        { host: '10.0.0.2', port: 4556 },
        { host: 'fe80::2', port: 4556 },
      ],
      discovery: NO_DISCOVERY,
      xmpp: { host: '0.0.0.0', port: 5222 },
      domain: 'mesh.example',
      quotaBytes: 2 * 1024 ** 3,
      quotas: { unknown: { author: 0.05, together: 0.4 } },
      readyFile: '/run/hearsay.json',
      logLevel: 'debug',
      tls: 'off',
      tlsAuthorities: '/etc/hearsay/school.pem',
      strategy: { name: 'prophet', parameters: {} },
    });
  });

  it('chooses ways to look for neighbours', () => {
    const { discovery } = parseConfig('discovery: {mdns: false, derived-address: link-local}\n', 'c.yaml');
    expect(discovery).toEqual({ mdns: false, beacons: true, polling: true, derivedAddress: 'link-local', nodes: [] });
    expect(parseConfig('discovery: true\n', 'c.yaml').discovery).toEqual(EVERY_WAY);
  });

  it('chooses a strategy, with parameters', () => {
    expect(parseConfig('strategy: { name: spray-and-wait, copies: 8 }\n', 'c.yaml').strategy).toEqual({
      name: 'spray-and-wait',
      parameters: { copies: 8 },
    });
  });

  it.each([
    ['strategy: flood', /line 1.*strategy: there is no strategy "flood"/],
    ['strategy: { name: utility, copies: 8 }', /has no parameter "copies"/],
    ['strategy: { name: utility, least: [1] }', /least is one value/],
    ['strategy: { copies: 8 }', /expected text/],
    ['strategy: 5', /expected a name/],
  ])('refuses %j and says why', (source, message) => {
    expect(() => parseConfig(source, 'c.yaml')).toThrow(message);
  });

  it('may be JSON, and may be empty', () => {
    expect(parseConfig('{"nick": "Ana", "quota": 20000000}', 'c.json')).toEqual({
      nick: 'Ana',
      quotaBytes: 20_000_000,
    });
    expect(parseConfig('# nothing yet\n', 'c.yaml')).toEqual({});
  });

  it.each([
    ['nick: Ana\nport: 1\n', 'c.yaml, line 2: unknown key "port"; there are home, nick'],
    ['\n\nxmpp: nowhere\n', 'c.yaml, line 3: xmpp: "nowhere" is no place'],
    ['discovery: "no"\n', 'c.yaml, line 1: discovery: expected true, false, or keys with values, and got no'],
    ['discovery: {dns: true}\n', 'discovery: unknown key "dns"; there are mdns, beacons'],
    ['discovery: {mdns: 1}\n', 'discovery: mdns: expected true or false, and got 1'],
    ['discovery: {derived-address: global}\n', 'derived-address: "global" is not one of off, link-local, ula'],
    ['discovery: {polling: false, derived-address: ula}\n', 'of no use without polling'],
    ['discovery: {nodes: [aaaaaaaaaaaaaaaaaaaaaaaaaa]}\n', 'set derived-address'],
    ['discovery: {derived-address: ula, nodes: [ana]}\n', '"ana" is no node id'],
    ['quotas: {own: {author: 1%}}\n', 'quotas: unknown key "own"; there are provisioned, met'],
    ['quotas: {met: {room: 1%}}\n', 'unknown key "room"; there are author, depositor, together, custody'],
    ['quotas: {met: {author: 101%}}\n', '"101%" is not a share of the store'],
    ['peers: 10.0.0.2:4556\n', 'c.yaml, line 1: peers: expected a list'],
    ['peers: [10.0.0.2]\n', 'c.yaml, line 1: peers: "10.0.0.2" is no place'],
    ['nick:\n', 'c.yaml, line 1: nick: expected text, and got nothing'],
    ['nick: a\nnick: b\n', 'c.yaml, line 2: Map keys must be unique'],
    ['just words\n', 'c.yaml, line 1: expected "key: value" lines'],
    ['nick: [unclosed\n', 'c.yaml, line'],
    ['toString: 1\n', 'c.yaml, line 1: unknown key "toString"'],
  ])('refuses %j by line and key', (source, message) => {
    expect(() => parseConfig(source, 'c.yaml')).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining(message) }),
    );
  });

  it('is read from disk, and is missed with a clear message', async () => {
    const path = join(temporaryFolder(), 'hearsay.yaml');
    await expect(readConfigFile(path)).rejects.toMatchObject({ code: 'ERR_CONFIG' });
    writeFileSync(path, 'nick: Ana\n');
    expect(await readConfigFile(path)).toEqual({ nick: 'Ana' });
  });
});

describe('the default home', () => {
  it('follows the XDG data folder, absolute paths only', () => {
    expect(defaultHome({ XDG_DATA_HOME: '/data' }, '/home/ana')).toBe('/data/hearsay');
    expect(defaultHome({ XDG_DATA_HOME: 'data' }, '/home/ana')).toBe('/home/ana/.local/share/hearsay');
    expect(defaultHome({}, '/home/ana')).toBe('/home/ana/.local/share/hearsay');
    expect(runtimeFolder({ XDG_RUNTIME_DIR: '' })).toBeUndefined();
  });
});
