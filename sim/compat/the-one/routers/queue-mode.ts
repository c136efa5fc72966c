/** In which order messages are tried: by time of receipt, or shuffled anew with the second as the seed. */
import { JavaRandom, shuffle } from '../java/random.js';
import type { Copy } from '../world/message.js';

export type QueueMode = 'FIFO' | 'RANDOM';

const random = new JavaRandom(0);

/** Sorts in place what is in map order. @param second the world's, which seeds the shuffle */
export function sortByQueue<T>(items: T[], mode: QueueMode, copyOf: (item: T) => Copy, second: number): T[] {
  if (items.length < 2) return items;
  if (mode === 'FIFO') return items.sort((a, b) => copyOf(a).receivedAt - copyOf(b).receivedAt);
  random.setSeed(second);
  shuffle(items, random);
  return items;
}
