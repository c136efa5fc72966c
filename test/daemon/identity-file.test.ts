import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SILENT, seededRandom } from '../../src/base/index.js';
import { MAX_NICK_BYTES } from '../../src/daemon/config.js';
import { type Home, openHome } from '../../src/daemon/home.js';
import { loadOrCreateIdentity, readablePassword, renameAccount } from '../../src/daemon/identity-file.js';
import { MAX_NICKNAME_BYTES } from '../../src/people/index.js';
import { capturedLog } from '../support/captured-log.js';
import { temporaryFolder } from '../support/folder.js';

const options = (nick = 'Ana', seed = 1) => ({ random: seededRandom(seed), log: SILENT, nick });

function freshHome(): Promise<Home> {
  return openHome(join(temporaryFolder(), 'home'), SILENT);
}

describe('the identity file', () => {
  it('is made once, and read back to the byte', async () => {
    const home = await freshHome();
    const made = await loadOrCreateIdentity(home, options());
    const read = await loadOrCreateIdentity(home, options('Somebody else', 2));
    expect(made.created).toBe(true);
    expect(read).toEqual({ identity: made.identity, created: false });
  });

  it('is for its owner’s eyes only', async () => {
    const home = await freshHome();
    await loadOrCreateIdentity(home, options());
    expect(statSync(home.identityFile).mode & 0o777).toBe(0o600);
    expect(statSync(home.root).mode & 0o777).toBe(0o700);
  });

  it('is closed again, with a warning, when others could read it', async () => {
    const home = await freshHome();
    await loadOrCreateIdentity(home, options());
    chmodSync(home.identityFile, 0o644);
    const log = capturedLog();
    await loadOrCreateIdentity(home, { ...options(), log });
    expect(statSync(home.identityFile).mode & 0o777).toBe(0o600);
    expect(log.lines).toEqual([expect.stringContaining('open to other users')]);
  });

  it('is the same for two nodes that start at once', async () => {
    const home = await freshHome();
    const all = await Promise.all([1, 2, 3, 4].map((seed) => loadOrCreateIdentity(home, options('Ana', seed))));
    expect(new Set(all.map(({ identity }) => JSON.stringify(identity))).size).toBe(1);
    expect(all.filter(({ created }) => created)).toHaveLength(1);
  });

  it.each([
    ['empty', () => ''],
    ['cut off', (text: string) => text.slice(0, text.length / 2)],
    ['of another version', (text: string) => text.replace('"version": 1', '"version": 2')],
    ['with a short seed', (text: string) => text.replace(/"nodeSeed": "..../, '"nodeSeed": "')],
    ['without accounts', () => '{"version": 1, "nodeSeed": "", "accounts": []}'],
  ])('stops the start when it is %s, and is left as it is', async (_, damage) => {
    const home = await freshHome();
    await loadOrCreateIdentity(home, options());
    const damaged = damage(readFileSync(home.identityFile, 'utf8'));
    writeFileSync(home.identityFile, damaged);
    await expect(loadOrCreateIdentity(home, options())).rejects.toMatchObject({ code: 'ERR_IDENTITY' });
    expect(readFileSync(home.identityFile, 'utf8')).toBe(damaged);
  });

  it('is not made anew in a home that was in use', async () => {
    const home = await freshHome();
    await loadOrCreateIdentity(home, options());
    mkdirSync(home.storeFolder);
    rmSync(home.identityFile);
    await expect(loadOrCreateIdentity(home, options())).rejects.toMatchObject({ code: 'ERR_IDENTITY_LOST' });
  });

  it('takes another nickname and keeps everything else', async () => {
    const home = await freshHome();
    const { identity } = await loadOrCreateIdentity(home, options());
    const renamed = await renameAccount(home, identity, 'Anna');
    expect((await loadOrCreateIdentity(home, options())).identity).toEqual(renamed);
    expect(renamed).toEqual({ ...identity, accounts: [{ ...identity.accounts[0], nick: 'Anna' }] });
  });
});

describe('a new account', () => {
  it('has a password that can be read out', () => {
    expect(readablePassword(seededRandom(7))).toMatch(/^[a-z2-7]{5}(-[a-z2-7]{5}){3}$/);
  });

  it('may have a nickname as long as a profile holds', () => {
    expect(MAX_NICK_BYTES).toBe(MAX_NICKNAME_BYTES);
  });
});
