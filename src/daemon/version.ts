import { readFileSync } from 'node:fs';

/** The version in package.json, which lies three folders above the compiled file and two above the source. */
export function packageVersion(): string {
  for (const above of ['../../../package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(above, import.meta.url), 'utf8'));
      if (name === 'hearsay') return String(version);
    } catch {
      // Not in this folder: the next one up.
    }
  }
  return 'unknown';
}
