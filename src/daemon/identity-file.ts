/**
 * `identity.json`: the seeds of the node and of its people. Losing it is losing the person, so it is written once,
 * durably, before anything uses it; it is never replaced by a fresh one; and a file that can't be understood stops the
 * start.
 */
import { chmod, readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { HearsayError, type Logger, messageOf, type Random, toBase32 } from '../base/index.js';
import { signingKeyFromSeed } from '../crypto/index.js';
import { deviceNameOf } from '../people/index.js';
import { createFile, replaceFile } from './atomic-file.js';
import type { Home } from './home.js';

export interface AccountSecrets {
  /** Ed25519 seed of the person. */
  readonly personSeed: Uint8Array;
  /** Ed25519 seed of this laptop's key within the person. */
  readonly deviceSeed: Uint8Array;
  /** The last part of the device's endpoint id. */
  readonly deviceName: string;
  /** X25519 secret that messages to this device are sealed to. */
  readonly boxSeed: Uint8Array;
  readonly nick: string;
  /** What a client logs in with. */
  readonly password: string;
  readonly scramSalt: Uint8Array;
}

export interface Identity {
  /** Ed25519 seed of the laptop. */
  readonly nodeSeed: Uint8Array;
  /** Whoever this laptop serves; the first is its owner. */
  readonly accounts: readonly [AccountSecrets, ...AccountSecrets[]];
}

const VERSION = 1;
const SEED_BYTES = 32;
const SALT_BYTES = 16;
const PASSWORD_GROUPS = 4;
const PASSWORD_GROUP_LENGTH = 5;
const OTHERS = 0o077;

/**
 * Reads the identity, or makes one on the very first start.
 *
 * Safe to run in two processes at once: both end up with the same identity.
 *
 * @param nick the first account's nickname, when the identity is made; the system's user name without one.
 * @throws HearsayError `ERR_IDENTITY` when the file is unreadable or damaged, `ERR_IDENTITY_LOST` when it is gone but
 *   the home was in use.
 */
export async function loadOrCreateIdentity(
  home: Home,
  options: { readonly random: Random; readonly log: Logger; readonly nick?: string | undefined },
): Promise<{ readonly identity: Identity; readonly created: boolean }> {
  // In this order: a first start in another process makes the identity before the store.
  const used = await exists(home.storeFolder);
  const known = await readIdentity(home.identityFile, options.log);
  if (known !== undefined) return { identity: known, created: false };
  if (used) {
    throw new HearsayError(
      'ERR_IDENTITY_LOST',
      `${home.identityFile} is gone, but this home was used before. A new identity would be a new person to everybody. ` +
        'Put the file back from a backup, or start with another --home.',
    );
  }
  const identity = newIdentity(options.nick ?? nickOfUser(), options.random);
  if (await createFile(home.identityFile, format(identity))) return { identity, created: true };
  const other = await readIdentity(home.identityFile, options.log);
  if (other === undefined)
    throw new HearsayError('ERR_IDENTITY', `${home.identityFile} came and went during the start`);
  return { identity: other, created: false };
}

/**
 * Gives the first account another nickname. Only for whoever holds the home (has its store open).
 *
 * @returns the identity as it is now in the file.
 */
export async function renameAccount(home: Home, identity: Identity, nick: string): Promise<Identity> {
  const [first, ...others] = identity.accounts;
  if (first.nick === nick) return identity;
  const renamed: Identity = { ...identity, accounts: [{ ...first, nick }, ...others] };
  await replaceFile(home.identityFile, format(renamed));
  return renamed;
}

/** @param nick as parseSetting.nick lets it through. */
export function newIdentity(nick: string, random: Random): Identity {
  const deviceSeed = random.bytes(SEED_BYTES);
  return {
    nodeSeed: random.bytes(SEED_BYTES),
    accounts: [
      {
        personSeed: random.bytes(SEED_BYTES),
        deviceSeed,
        deviceName: deviceNameOf(signingKeyFromSeed(deviceSeed).publicKey),
        boxSeed: random.bytes(SEED_BYTES),
        nick,
        password: readablePassword(random),
        scramSalt: random.bytes(SALT_BYTES),
      },
    ],
  };
}

/** Four groups of five base32 digits, 100 bits: strong enough for any guesser, short enough to type from a screen. */
export function readablePassword(random: Random): string {
  const digits = toBase32(random.bytes(13));
  const group = (index: number): string =>
    digits.slice(index * PASSWORD_GROUP_LENGTH, (index + 1) * PASSWORD_GROUP_LENGTH);
  return Array.from({ length: PASSWORD_GROUPS }, (_, index) => group(index)).join('-');
}

/** The system's name of whoever runs this; it is ASCII and short on every system that Hearsay runs on. */
function nickOfUser(): string {
  try {
    return userInfo().username || 'someone';
  } catch {
    // A user id without an entry in the password database, as in many containers.
    return 'someone';
  }
}

/** @returns undefined when there is no such file. */
export async function readIdentity(path: string, log: Logger): Promise<Identity | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
    await keepPrivate(path, log);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw damaged(path, messageOf(error), error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(path, 'it is not valid JSON', error);
  }
  return parse(path, value);
}

async function keepPrivate(path: string, log: Logger): Promise<void> {
  if (process.platform === 'win32') return;
  const { mode } = await stat(path);
  if ((mode & OTHERS) === 0) return;
  await chmod(path, 0o600);
  log.warn('the identity file was open to other users; closed it, but somebody may have copied the keys', { path });
}

function format(identity: Identity): string {
  const accounts = identity.accounts.map((account) => ({
    nick: account.nick,
    password: account.password,
    deviceName: account.deviceName,
    personSeed: toText(account.personSeed),
    deviceSeed: toText(account.deviceSeed),
    boxSeed: toText(account.boxSeed),
    scramSalt: toText(account.scramSalt),
  }));
  return `${JSON.stringify({ version: VERSION, nodeSeed: toText(identity.nodeSeed), accounts }, undefined, 2)}\n`;
}

type Fields = Readonly<Record<string, unknown>>;

function parse(path: string, value: unknown): Identity {
  if (!isFields(value)) throw damaged(path, 'it holds no JSON object');
  if (value.version !== VERSION) {
    throw damaged(path, 'it was written by another version of Hearsay, which this one can’t read');
  }
  const { accounts } = value;
  if (!Array.isArray(accounts)) throw damaged(path, '"accounts" is missing');
  const bytes = (fields: Fields, key: string, length: number): Uint8Array => {
    const text = fields[key];
    const decoded = typeof text === 'string' ? new Uint8Array(Buffer.from(text, 'base64url')) : undefined;
    // Decoding is lenient; only what encodes to the same text again was whole.
    if (decoded?.length !== length || toText(decoded) !== text) throw damaged(path, `"${key}" is damaged`);
    return decoded;
  };
  const words = (fields: Fields, key: string): string => {
    const text = fields[key];
    if (typeof text !== 'string' || text === '') throw damaged(path, `"${key}" is missing`);
    return text;
  };
  const [first, ...others] = accounts.map((account: unknown): AccountSecrets => {
    if (!isFields(account)) throw damaged(path, 'an account is not a JSON object');
    return {
      personSeed: bytes(account, 'personSeed', SEED_BYTES),
      deviceSeed: bytes(account, 'deviceSeed', SEED_BYTES),
      deviceName: words(account, 'deviceName'),
      boxSeed: bytes(account, 'boxSeed', SEED_BYTES),
      nick: words(account, 'nick'),
      password: words(account, 'password'),
      scramSalt: bytes(account, 'scramSalt', SALT_BYTES),
    };
  });
  if (first === undefined) throw damaged(path, '"accounts" is empty');
  return { nodeSeed: bytes(value, 'nodeSeed', SEED_BYTES), accounts: [first, ...others] };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

function damaged(path: string, why: string, cause?: unknown): HearsayError {
  return new HearsayError(
    'ERR_IDENTITY',
    `can't use ${path}: ${why}. It holds your keys, so it is not replaced by a new one: put it back from a backup, ` +
      'or start with another --home.',
    { cause },
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
