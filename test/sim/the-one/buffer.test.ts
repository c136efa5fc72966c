import { describe, expect, it } from 'vitest';
import { spreadHash, textHash } from '../../../sim/compat/the-one/java/text-hash.js';
import { MessageBuffer } from '../../../sim/compat/the-one/world/buffer.js';
import { Host } from '../../../sim/compat/the-one/world/host.js';
import { Copy, type Message } from '../../../sim/compat/the-one/world/message.js';

const host = new Host(0, 'n0', new MessageBuffer(1000), []);
let keys = 0;

function copyOf(id: string, receivedAt = 0, sizeBytes = 1): Copy {
  const message: Message = {
    id,
    key: keys++,
    hash: spreadHash(textHash(id)),
    from: host,
    to: host,
    sizeBytes,
    createdAt: 0,
    ttlMinutes: undefined,
    responseBytes: 0,
    request: undefined,
  };
  return new Copy(message, receivedAt, { host, before: undefined, hops: 0 }, 0);
}

const ids = (copies: readonly Copy[]): string => copies.map((copy) => copy.message.id).join(' ');

describe('a buffer lists its messages in the order of a Java HashMap', () => {
  it('by bucket, before and after it grew', () => {
    const buffer = new MessageBuffer(1000);
    const copies = Array.from({ length: 14 }, (_, i) => copyOf(`M${i + 1}`));
    for (const copy of copies.slice(0, 12)) buffer.put(copy);
    expect(ids(buffer.inMapOrder)).toBe('M1 M2 M3 M4 M5 M6 M7 M8 M9 M11 M10 M12');
    for (const copy of copies.slice(12)) buffer.put(copy);
    for (const at of [2, 6]) buffer.remove(copies[at] as Copy);
    buffer.put(copies[2] as Copy);
    expect(ids(buffer.inMapOrder)).toBe('M1 M2 M3 M4 M5 M6 M8 M9 M11 M10 M13 M12 M14');
  });

  it('by insertion within a bucket', () => {
    const buffer = new MessageBuffer(1000);
    for (const id of ['Aa', 'BB', 'AaBB', 'BBAa', 'AaAa', 'BBBB']) buffer.put(copyOf(id));
    expect(ids(buffer.inMapOrder)).toBe('Aa BB AaBB BBAa AaAa BBBB');
  });
});

describe('a buffer’s queue', () => {
  it('goes by the time of receipt, and in map order where that is the same', () => {
    const buffer = new MessageBuffer(1000);
    const [late, second, first] = [copyOf('M1', 5), copyOf('M3', 2), copyOf('M2', 2)];
    for (const copy of [late, second, first]) buffer.put(copy);
    expect(ids(buffer.inQueueOrder)).toBe('M2 M3 M1');
    buffer.remove(second);
    expect(ids(buffer.inQueueOrder)).toBe('M2 M1');
  });
});

it('a buffer counts its bytes, below nothing too', () => {
  const buffer = new MessageBuffer(10);
  const large = copyOf('M1', 0, 12);
  buffer.put(large);
  expect([buffer.usedBytes, buffer.freeBytes, buffer.has(large.message)]).toEqual([12, -2, true]);
  buffer.remove(large);
  expect([buffer.usedBytes, buffer.freeBytes, buffer.has(large.message)]).toEqual([0, 10, false]);
});
