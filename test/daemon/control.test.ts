import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HearsayError, SILENT } from '../../src/base/index.js';
import { type ControlHandler, callControl, serveControl } from '../../src/daemon/control.js';
import { callNode, claimControlPath, releaseControlPath } from '../../src/daemon/control-path.js';
import { type Home, homeAt, openHome } from '../../src/daemon/home.js';
import { refuseIfRunning } from '../../src/daemon/lock.js';
import { temporaryFolder } from '../support/folder.js';

async function serve(home: Home, handlers: Record<string, ControlHandler> = {}): Promise<string> {
  const server = await serveControl(await claimControlPath(home), handlers);
  onTestFinished(() => server.close());
  return server.path;
}

function freshHome(name = 'home'): Promise<Home> {
  return openHome(join(temporaryFolder(), name), SILENT);
}

describe('the control socket', () => {
  it('answers with what the handler gives, and hands it the parameters', async () => {
    const path = await serve(await freshHome(), { double: async (params) => [params, params] });
    expect(await callControl(path, 'double', { a: 'ü\n' })).toEqual([{ a: 'ü\n' }, { a: 'ü\n' }]);
  });

  it('carries the code of an error', async () => {
    const path = await serve(await freshHome(), {
      refuse: () => {
        throw new HearsayError('ERR_ADDRESS', 'no such place');
      },
    });
    await expect(callControl(path, 'refuse')).rejects.toMatchObject({ code: 'ERR_ADDRESS', message: 'no such place' });
    await expect(callControl(path, 'toString')).rejects.toMatchObject({ code: 'ERR_CONTROL' });
  });

  it('carries answers of several megabytes', async () => {
    const path = await serve(await freshHome(), { long: () => 'x'.repeat(5_000_000) });
    expect(await callControl(path, 'long')).toHaveLength(5_000_000);
  });

  it('survives garbage and hangs up on a line without end', async () => {
    const path = await serve(await freshHome());
    const closed = new Promise((resolve) => {
      const socket = connect(path).on('error', () => undefined);
      socket.on('close', resolve).write(`{"method":"ping"\nnull\n[]\n${'x'.repeat(200_000)}`);
      socket.resume();
    });
    await closed;
    expect(await callControl(path, 'ping')).toEqual({ pid: process.pid });
  });

  it('is for its owner only', async () => {
    expect(statSync(await serve(await freshHome())).mode & 0o777).toBe(0o600);
  });

  it('works in a home whose path is too long for a socket', async () => {
    const home = await freshHome('deep/'.repeat(40));
    const path = await serve(home);
    expect(Buffer.byteLength(path)).toBeLessThan(104);
    expect(await callNode(home, 'ping')).toEqual({ pid: process.pid });
    await expect(refuseIfRunning(home)).rejects.toMatchObject({ code: 'ERR_HOME_BUSY' });
    await releaseControlPath(home);
    expect(existsSync(path)).toBe(false);
    await expect(callNode(home, 'ping')).rejects.toMatchObject({ code: 'ERR_NOT_RUNNING' });
  });
});

describe('a home', () => {
  it('is refused to a second node, naming the first', async () => {
    const home = await freshHome();
    await serve(home);
    await expect(refuseIfRunning(home)).rejects.toMatchObject({
      code: 'ERR_HOME_BUSY',
      message: expect.stringContaining(`process ${process.pid}`),
    });
  });

  it('is refused while the first node does not answer', async () => {
    const home = await freshHome();
    const deaf: Server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => deaf.listen(home.controlSocket, resolve));
    onTestFinished(() => void deaf.close());
    await expect(refuseIfRunning(home)).rejects.toMatchObject({ code: 'ERR_HOME_BUSY' });
  });

  it('is free when nobody ever ran there', async () => {
    await expect(refuseIfRunning(homeAt('/no/such/home'))).resolves.toBeUndefined();
    await expect(callNode(homeAt('/no/such/home'), 'ping')).rejects.toMatchObject({ code: 'ERR_NOT_RUNNING' });
  });

  it('is free after a crash left its socket behind', async () => {
    const home = await freshHome();
    writeFileSync(home.controlSocket, '');
    await expect(refuseIfRunning(home)).resolves.toBeUndefined();
    await serve(home);
    expect(await callNode(home, 'ping')).toEqual({ pid: process.pid });
  });

  it('never has another folder removed through its pointer file', async () => {
    const home = await freshHome();
    const other = temporaryFolder();
    writeFileSync(join(other, 'precious'), 'kept');
    writeFileSync(home.controlPointer, `${join(other, 'precious')}\n`);
    await releaseControlPath(home);
    expect(readFileSync(join(other, 'precious'), 'utf8')).toBe('kept');
  });
});
