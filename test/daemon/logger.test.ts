import { describe, expect, it } from 'vitest';
import { createLogger, type LogThreshold } from '../../src/daemon/logger.js';

function logged(threshold: LogThreshold, isTTY = false) {
  const lines: string[] = [];
  const log = createLogger({ threshold, sink: { write: (line) => lines.push(line), isTTY }, clock: () => 0 });
  return { log, lines };
}

describe('the logger', () => {
  it('writes one line an event, with its fields', () => {
    const { log, lines } = logged('info');
    log.info('neighbour found', { address: '[::1]:4556', name: 'Ana B', bundles: 3, left: undefined });
    expect(lines).toEqual([
      '1970-01-01T00:00:00.000Z info  neighbour found address=[::1]:4556 name="Ana B" bundles=3\n',
    ]);
  });

  it('keeps outside values from forging lines or driving the terminal', () => {
    const { log, lines } = logged('info');
    log.warn('odd', { name: 'x\nerror forged\u001b[2J', long: 'y'.repeat(10_000) });
    expect(lines.join('').match(/\n/g)).toHaveLength(1);
    expect(lines[0]).not.toContain('\u001b');
    expect(lines[0]?.length).toBeLessThan(400);
  });

  it('leaves out what is below its threshold', () => {
    const { log, lines } = logged('warn');
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(lines).toHaveLength(2);
    const silent = logged('silent');
    silent.log.error('e');
    expect(silent.lines).toEqual([]);
  });

  it('uses colours on a terminal only', () => {
    const onTerminal = logged('info', true);
    onTerminal.log.info('hello');
    expect(onTerminal.lines[0]?.includes('\u001b[')).toBe(!process.env.NO_COLOR);
  });
});
