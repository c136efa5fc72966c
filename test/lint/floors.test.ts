/**
 * The linter's guard over the house (architecture §1) can rot: a renamed rule or a changed pattern syntax would let
 * everything pass. So each rule is shown a violation here, on a copy of the real configuration.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const CORE = ['base', 'cbor', 'bundle', 'crypto', 'gossip', 'people', 'presence', 'chat', 'engine'];

interface Sample {
  readonly file: string;
  readonly code: string;
  /** The lint rule that must refuse it, or undefined when it must pass. */
  readonly refusedBy: string | undefined;
}

const IMPORTS = 'lint/style/noRestrictedImports';
const GLOBALS = 'lint/style/noRestrictedGlobals';
const PROPERTIES = 'lint/nursery/noJsRestrictedProperties';
const PLUGIN = 'plugin';

const refused = (file: string, code: string, refusedBy: string): Sample => ({ file, code, refusedBy });
const allowed = (file: string, code: string): Sample => ({ file, code, refusedBy: undefined });
const importOf = (specifier: string, name = 'x'): string => `import { ${name} } from '${specifier}';\n${name}();\n`;

/** From a folder of the sources to a door, as a relative specifier. */
const upTo = (folder: string, door: string): string => `${'../'.repeat(folder.split('/').length)}${door}/index.js`;

const SAMPLES: readonly Sample[] = [
  // Upwards.
  refused('src/base/a.ts', importOf('../cbor/index.js'), IMPORTS),
  refused('src/crypto/a.ts', importOf('../bundle/index.js'), IMPORTS),
  refused('src/bundle/a.ts', importOf('../store/index.js'), IMPORTS),
  refused('src/store/a.ts', importOf('../gossip/index.js'), IMPORTS),
  refused('src/gossip/a.ts', importOf('../chat/index.js'), IMPORTS),
  refused('src/people/a.ts', importOf('../engine/index.js'), IMPORTS),
  refused('src/presence/a.ts', importOf('../link/index.js'), IMPORTS),
  refused('src/chat/a.ts', importOf('../engine/index.js'), IMPORTS),
  refused('src/engine/a.ts', importOf('../daemon/index.js'), IMPORTS),
  refused('src/link/a.ts', importOf('../daemon/index.js'), IMPORTS),
  refused('src/link/tcpcl/a.ts', importOf('../../xmpp-adapter/index.js'), IMPORTS),
  refused('src/xmpp-adapter/a.ts', importOf('../web/index.js'), IMPORTS),
  refused('src/web/a.ts', importOf('../daemon/index.js'), IMPORTS),
  refused('src/daemon/a.ts', importOf('../cli/index.js'), IMPORTS),
  refused('sim/a.ts', importOf('../src/daemon/index.js'), IMPORTS),
  refused('sim/mobility/a.ts', importOf('../../src/link/index.js'), IMPORTS),
  refused('sim/compat/the-one/a.ts', importOf('../../../src/engine/index.js'), IMPORTS),
  refused('sim/compat/the-one/a.ts', importOf('../../mesh.js'), IMPORTS),
  refused('sim/compat/the-one/world/a.ts', importOf('../../../../src/gossip/index.js'), IMPORTS),
  refused('src/gossip/type-only.ts', `import type { X } from '../chat/index.js';\nexport type Y = X;\n`, IMPORTS),
  refused('src/gossip/re-export.ts', `export { x } from '../chat/index.js';\n`, IMPORTS),
  refused('src/gossip/lazy.ts', `export const x = import('../chat/index.js');\n`, IMPORTS),
  // Past the door.
  refused('src/gossip/door.ts', importOf('../store/ledger.js'), IMPORTS),
  refused('src/link/door.ts', importOf('../base/bytes.js'), IMPORTS),
  refused('src/link/tcpcl/door.ts', importOf('../../base/bytes.js'), IMPORTS),
  refused('src/cli/door.ts', importOf('../daemon/home.js'), IMPORTS),
  refused('sim/door.ts', importOf('../src/engine/engine.js'), IMPORTS),
  // The host from within the core.
  refused('src/gossip/fs.ts', importOf('node:fs'), IMPORTS),
  refused('src/gossip/net.ts', importOf('node:net'), IMPORTS),
  refused('src/chat/deep/fs.ts', importOf('node:fs/promises'), IMPORTS),
  refused('src/engine/crypto.ts', importOf('node:crypto', 'createHash'), IMPORTS),
  refused('src/presence/timers.ts', importOf('node:timers'), IMPORTS),
  refused('src/people/package.ts', importOf('level', 'Level'), IMPORTS),
  refused('src/crypto/random.ts', importOf('node:crypto', 'randomBytes'), IMPORTS),
  refused('src/crypto/whole.ts', `import * as all from 'node:crypto';\nall.hash();\n`, IMPORTS),
  refused('src/bundle/random.ts', importOf('node:crypto', 'randomUUID'), IMPORTS),
  refused('src/bundle/net.ts', importOf('node:net'), IMPORTS),
  refused('src/chat/clock.ts', 'export const x = Date.now();\n', GLOBALS),
  refused('src/base/clock.ts', 'export const x = new Date();\n', GLOBALS),
  refused('src/cbor/clock.ts', 'export const x = performance.now();\n', GLOBALS),
  refused('src/gossip/timer.ts', 'setTimeout(() => undefined, 1);\n', GLOBALS),
  refused('src/engine/timer.ts', 'setInterval(() => undefined, 1);\n', GLOBALS),
  refused('src/engine/immediate.ts', 'setImmediate(() => undefined);\n', GLOBALS),
  refused('src/people/host.ts', 'export const x = process.hrtime();\n', GLOBALS),
  refused('src/people/global.ts', 'export const x = globalThis;\n', GLOBALS),
  refused('src/crypto/web.ts', 'export const x = crypto.randomUUID();\n', GLOBALS),
  refused('src/presence/fetch.ts', `export const x = fetch('');\n`, GLOBALS),
  refused('src/gossip/dice.ts', 'export const x = Math.random();\n', PROPERTIES),
  refused('src/gossip/sub/dice.ts', `export const x = Math['random']();\n`, PROPERTIES),
  refused('src/gossip/taken.ts', 'const { random } = Math;\nexport const x = random();\n', PROPERTIES),
  refused('src/engine/wait.ts', 'export async function x(y: Promise<void>) {\n  await y;\n}\n', PLUGIN),
  refused(
    'src/chat/wait.ts',
    'export async function x(ys: AsyncIterable<number>) {\n  for await (const y of ys) f(y);\n}\n',
    PLUGIN,
  ),
  // What the house is for.
  allowed('src/bundle/good.ts', importOf('../crypto/index.js')),
  allowed('src/crypto/good.ts', importOf('node:crypto', 'createHash')),
  allowed('src/crypto/nacl.ts', importOf('tweetnacl')),
  allowed('src/store/good.ts', importOf('level', 'Level')),
  allowed('src/gossip/good.ts', importOf('../store/index.js') + importOf('./strategy.js', 'y')),
  allowed('src/gossip/sub/good.ts', importOf('../../store/index.js') + importOf('../strategy.js', 'y')),
  allowed('src/engine/good.ts', importOf('../chat/index.js')),
  allowed('src/link/tcpcl/good.ts', importOf('../../bundle/index.js') + importOf('node:net', 'connect')),
  allowed('src/daemon/good.ts', `export const x = Date.now();\n${importOf('../xmpp-adapter/index.js', 'y')}`),
  allowed('src/cli/good.ts', importOf('../daemon/index.js')),
  allowed('sim/good.ts', importOf('../src/engine/index.js')),
];

/** Every folder that exists or will: from each of them the topmost floor must be out of reach. */
function sourceFolders(): readonly string[] {
  const below = (folder: string): string[] =>
    readdirSync(resolve(ROOT, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1));
  return [...below('src'), 'sim', ...below('sim')].filter((folder) => !/^src\/cli(\/|$)/.test(folder));
}

let folder: string;
const found = new Map<string, readonly string[]>();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hearsay-lint-'));
  for (const name of ['biome.json', 'biome.floors.json', '.gitignore', 'package.json', 'scripts/lint']) {
    cpSync(resolve(ROOT, name), join(folder, name), { recursive: true });
  }
  const put = (file: string, code: string): void => {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), code);
  };
  for (const { file, code } of SAMPLES) put(file, code);
  for (const source of sourceFolders()) {
    put(`${source}/upwards-probe.ts`, importOf(upTo(source, source.startsWith('sim') ? 'src/cli' : 'cli')));
  }
  for (const floor of CORE) put(`src/${floor}/clock-probe.ts`, 'export const x = Date.now();\n');
  const biome = resolve(ROOT, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--reporter=json', '--max-diagnostics=none', '.'];
  const run = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  for (const { category, location } of readReport(run.stdout)) {
    found.set(location.path, [...(found.get(location.path) ?? []), category]);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Report {
  readonly diagnostics: readonly { readonly category: string; readonly location: { readonly path: string } }[];
}

function readReport(stdout: string): Report['diagnostics'] {
  const report: Report = JSON.parse(stdout);
  return report.diagnostics;
}

const HOUSE_RULES = [IMPORTS, GLOBALS, PROPERTIES, PLUGIN];

describe('the linter guards the house', () => {
  it.each(SAMPLES.filter(({ refusedBy }) => refusedBy !== undefined))('refuses $file: $code', ({ file, refusedBy }) => {
    expect(found.get(file) ?? []).toContain(refusedBy);
  });

  it.each(SAMPLES.filter(({ refusedBy }) => refusedBy === undefined))('lets $file pass', ({ file }) => {
    expect((found.get(file) ?? []).filter((rule) => HOUSE_RULES.includes(rule))).toEqual([]);
  });

  it.each(sourceFolders())('lets nothing in %s import the command line', (source) => {
    expect(found.get(`${source}/upwards-probe.ts`) ?? []).toContain(IMPORTS);
  });

  it.each(CORE)('denies src/%s the clock', (floor) => {
    expect(found.get(`src/${floor}/clock-probe.ts`) ?? []).toContain(GLOBALS);
  });
});
