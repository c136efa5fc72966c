import { readdirSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PICTURE_ROWS, PICTURE_WIDTH } from '../../src/cli/demo/picture.js';
import { type Scene, STORY } from '../../src/cli/demo/story.js';
import { runDemo } from '../../src/cli/demo.js';
import type { CliIo } from '../../src/cli/io.js';
import { temporaryFolder } from '../support/folder.js';
import { ensureBuilt, runHearsay, startHearsay } from '../support/hearsay.js';

const ESC = '\x1b';

/** Where the demo makes the homes of its laptops. */
let folder: string;

beforeAll(ensureBuilt, 120_000);
beforeEach(() => {
  folder = temporaryFolder();
  vi.stubEnv('TMPDIR', folder);
  return () => vi.unstubAllEnvs();
});

interface Written extends CliIo {
  readonly writes: string[];
  errors: string;
}

function writtenIo(screen?: { columns: number; rows: number }): Written {
  const io: Written = {
    writes: [],
    errors: '',
    out: (text) => void io.writes.push(String(text)),
    err: (text) => {
      io.errors += text;
    },
    stdin: { async *[Symbol.asyncIterator]() {} },
    colours: false,
    ...(screen === undefined ? {} : { screen }),
  };
  return io;
}

function guesses(output: string): readonly number[] {
  return [...output.matchAll(/guess that Ben is there: (\d+) %/g)].map((match) => Number(match[1]));
}

describe('hearsay demo', () => {
  it('brings the message over the walker to Ben and the receipt back, and tells so in order', async () => {
    const { status, stdout, stderr } = await runHearsay('demo', '--speed', '10', '--plain');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const told = [
      'Binta and Ben are linked',
      'Binta and Ben are out of reach',
      'Binta and Ana are linked',
      'Ana’s message: kept',
      'Ana’s message: carried by 1',
      'Ben reads: “Shall I bring seedlings on Saturday?”',
      'Ana’s message: delivered',
      'The message and its receipt arrived.',
    ];
    const places = told.map((text) => stdout.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(stdout).not.toContain(ESC);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('lets the guess that Ben is there rise when news of him comes, and fall while none does', async () => {
    const io = writtenIo();
    // Slow enough that a busy machine's delays do not age the news to nothing.
    expect(await runDemo({ speed: 5 }, io)).toBe(0);
    const seen = guesses(io.writes.join(''));
    const peak = seen.indexOf(Math.max(...seen));
    const low = Math.min(...seen.slice(peak));
    const last = seen.slice(seen.lastIndexOf(low));
    expect(seen[0]).toBe(10);
    expect(seen[peak]).toBeGreaterThanOrEqual(20);
    expect(low).toBeLessThan(seen[peak] ?? 0);
    expect(Math.max(...last)).toBeGreaterThan(low + 5);
  });

  it('fails when the walker never goes to Ben with the message', async () => {
    const goesHome: readonly Scene[] = [
      ...STORY.slice(0, 5),
      { says: 'Binta goes home.', binta: { walksTo: 0.3 }, seconds: 1 },
      { says: 'Binta is with Ana.', binta: { with: 'Ana' }, seconds: 1 },
    ];
    const io = writtenIo();
    expect(await runDemo({ speed: 20 }, io, goesHome)).toBe(1);
    expect(io.errors).toBe('hearsay: the demo failed: the message did not reach Ben\n');
    expect(io.writes.join('')).toContain('Ana’s message: carried by 1');
    expect(io.writes.join('')).not.toContain('Ben reads');
  });

  it('fails when the walker does not bring the receipt', async () => {
    const io = writtenIo();
    expect(await runDemo({ speed: 20 }, io, STORY.slice(0, -1))).toBe(1);
    expect(io.errors).toBe('hearsay: the demo failed: the receipt did not reach Ana\n');
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const demo = startHearsay('demo', '--plain');
    await demo.shows('are linked');
    expect(readdirSync(folder)).toHaveLength(1);
    demo.process.kill('SIGINT');
    const { status, signal, stderr } = await demo.finished;
    expect({ status, signal }).toEqual({ status: 1, signal: null });
    expect(stderr).toBe('hearsay: the demo failed: it was stopped before its end\n');
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('the demo on a terminal', () => {
  it('is a picture drawn in its place, that fits, and gives the cursor back', async () => {
    const io = writtenIo({ columns: PICTURE_WIDTH, rows: PICTURE_ROWS + 1 });
    expect(await runDemo({ speed: 20 }, io)).toBe(0);
    const frames = io.writes.filter((text) => text.includes('Ana sees'));
    let height = 0;
    for (const frame of frames) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
      const back = /^\x1b\[(\d+)F/.exec(frame)?.[1];
      expect(Number(back ?? 0)).toBe(height);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
      const lines = frame.replace(/\x1b\[[0-9?]*[A-Za-z]/g, '').split('\n');
      height = lines.length - 1;
      expect(height).toBeLessThanOrEqual(PICTURE_ROWS);
      expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(PICTURE_WIDTH);
    }
    for (const state of ['kept', 'carried by 1', 'delivered']) expect(frames.join('')).toContain(state);
    expect(io.writes.join('').lastIndexOf('\x1b[?25h')).toBeGreaterThan(io.writes.join('').lastIndexOf('\x1b[?25l'));
  });

  it('gives way to plain lines where it does not fit, or when asked', async () => {
    const narrow = writtenIo({ columns: PICTURE_WIDTH - 1, rows: 50 });
    const asked = writtenIo({ columns: 200, rows: 50 });
    await runDemo({ speed: 50 }, narrow, STORY.slice(0, 1));
    await runDemo({ speed: 50, plain: true }, asked, STORY.slice(0, 1));
    for (const io of [narrow, asked]) expect(io.writes.join('')).not.toContain(ESC);
  });
});
