/** `--config FILE`: YAML, and so JSON too, with the names of the flags as keys. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { HearsayError, messageOf, printable } from '../base/index.js';
import type { ParameterValue, StrategyChoice } from '../gossip/index.js';
import { type DaemonConfig, parseSetting } from './config.js';
import { parseDiscovery } from './discovery-settings.js';
import { parseQuotas } from './quota-settings.js';

type Settings = { -readonly [Key in keyof DaemonConfig]?: DaemonConfig[Key] };

/** Every key of the file, and what its value sets. Paths are relative to the file's folder. */
const KEYS: Readonly<Record<string, (value: unknown, folder: string) => Settings>> = {
  home: (value, folder) => ({ home: resolve(folder, text(value)) }),
  nick: (value) => ({ nick: parseSetting.nick(text(value)) }),
  tcpcl: (value) => ({ tcpcl: parseSetting.listen(text(value)) }),
  tls: (value) => ({ tls: parseSetting.tls(text(value)) }),
  'tls-authorities': (value, folder) => ({ tlsAuthorities: resolve(folder, text(value)) }),
  peers: (value) => ({ peers: list(value).map((peer) => parseSetting.peer(text(peer))) }),
  discovery: (value) => ({ discovery: parseDiscovery(value) }),
  xmpp: (value) => ({ xmpp: parseSetting.listen(text(value)) }),
  domain: (value) => ({ domain: parseSetting.domain(text(value)) }),
  quota: (value) => ({ quotaBytes: parseSetting.quota(typeof value === 'number' ? String(value) : text(value)) }),
  quotas: (value) => ({ quotas: parseQuotas(value) }),
  strategy: (value) => ({ strategy: strategy(value) }),
  'ready-file': (value, folder) => ({ readyFile: resolve(folder, text(value)) }),
  'log-level': (value) => ({ logLevel: parseSetting.logLevel(text(value)) }),
};

/** No honest file comes near; a wrong path (a log, a disk image) must not be read to its end. */
const MAX_FILE_BYTES = 1024 * 1024;
/** Aliases can make a small file unfold without end. */
const MAX_ALIASES = { maxAliasCount: 10 };

/** @throws HearsayError `ERR_CONFIG`, naming the file, the line and the key. */
export async function readConfigFile(path: string): Promise<Partial<DaemonConfig>> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch (error) {
    throw new HearsayError('ERR_CONFIG', `can't read the config file: ${messageOf(error)}`, { cause: error });
  }
  if (content.length > MAX_FILE_BYTES) throw new HearsayError('ERR_CONFIG', `${path} is too large for a config file`);
  return parseConfig(content.toString('utf8'), path);
}

/** The part without a file system. @param path named in messages, and what relative paths start from. */
export function parseConfig(source: string, path: string): Partial<DaemonConfig> {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const refuse = (offset: number | undefined, message: string): HearsayError => {
    const place = offset === undefined ? path : `${path}, line ${lines.linePos(offset).line}`;
    return new HearsayError('ERR_CONFIG', `${place}: ${message}`);
  };
  const [problem] = document.errors;
  if (problem !== undefined) throw refuse(problem.pos[0], problem.message);
  if (document.contents === null) return {};
  if (!isMap(document.contents)) throw refuse(0, 'expected "key: value" lines');

  const settings: Settings = {};
  for (const { key, value } of document.contents.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const offset = isNode(key) ? key.range?.[0] : undefined;
    const read = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
    if (read === undefined) {
      throw refuse(offset, `unknown key "${printable(name)}"; there are ${Object.keys(KEYS).join(', ')}`);
    }
    try {
      Object.assign(settings, read(isNode(value) ? value.toJS(document, MAX_ALIASES) : value, dirname(path)));
    } catch (error) {
      throw refuse(offset, `${name}: ${messageOf(error)}`);
    }
  }
  return settings;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new HearsayError('ERR_CONFIG', `expected text, and got ${kindOf(value)}`);
  return value;
}

/** `prophet`, or `{ name: prophet, beta: 0.5 }`. */
function strategy(value: unknown): StrategyChoice {
  if (typeof value === 'string') return parseSetting.strategy(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HearsayError('ERR_CONFIG', `expected a name, or keys with values, and got ${kindOf(value)}`);
  }
  const { name, ...parameters } = value as Readonly<Record<string, unknown>>;
  for (const [key, given] of Object.entries(parameters)) {
    if (['number', 'string', 'boolean'].includes(typeof given)) continue;
    throw new HearsayError('ERR_CONFIG', `${printable(key)} is one value, and got ${kindOf(given)}`);
  }
  return parseSetting.strategy(text(name), parameters as Readonly<Record<string, ParameterValue>>);
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new HearsayError('ERR_CONFIG', `expected a list, and got ${kindOf(value)}`);
  return value;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'keys with values' : printable(value);
}
