import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requireAll } from '../support/optional.js';
import { builtStore } from './built.js';

/** Runs a command with a disk of 48 MiB mounted at `mountPoint`, seen by that command alone. */
function onSmallDisk(
  mountPoint: string,
  command: readonly string[],
): { readonly ok: boolean; readonly stdout: string } {
  const mount = 'mount -t tmpfs -o size=48m tmpfs "$0" && exec "$@"';
  const run = spawnSync('unshare', ['--map-root-user', '--mount', 'sh', '-c', mount, mountPoint, ...command], {
    encoding: 'utf8',
  });
  return { ok: run.status === 0, stdout: run.stdout };
}

function withMountPoint<T>(use: (mountPoint: string) => T): T {
  const mountPoint = mkdtempSync(join(tmpdir(), 'hearsay-disk-'));
  try {
    return use(mountPoint);
  } finally {
    rmdirSync(mountPoint);
  }
}

const canMount = withMountPoint((mountPoint) => onSmallDisk(mountPoint, ['true']).ok);

describe.skipIf(!canMount && !requireAll())('the level store on a disk that is full (needs unshare and mount)', () => {
  it('refuses, still reads, loses nothing it confirmed, keeps nothing it refused, and goes on when there is room again', () => {
    const { ok, stdout } = withMountPoint((mountPoint) =>
      onSmallDisk(mountPoint, [process.execPath, join(import.meta.dirname, 'full-disk.mjs'), builtStore(), mountPoint]),
    );
    expect(ok).toBe(true);
    expect(JSON.parse(stdout)).toEqual({
      codes: ['ERR_STORE_IO'],
      full: { kept: expect.any(Number), lost: 0, tooMany: 0 },
      afterwards: { refused: 0, lost: 0, tooMany: 0 },
      reopened: { lost: 0, tooMany: 0 },
    });
  });
});
