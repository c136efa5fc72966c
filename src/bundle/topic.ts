/** Our topic block (type 232): of all bundles with one source and topic, only the highest version is kept. */
import { utf8 } from '../base/index.js';
import { CborReader, CborWriter } from '../cbor/index.js';
import type { Topic } from './types.js';

/** Topics are map keys in every store that carries the bundle. */
export const MAX_TOPIC_NAME_BYTES = 64;

export function parseTopic(bytes: Uint8Array, start = 0, end = bytes.length): Topic {
  const reader = new CborReader(bytes, start, end);
  reader.arrayOf(2, 'the topic block');
  const nameAt = reader.offset;
  const name = reader.text();
  if (!isTopicName(name)) {
    reader.fail('ERR_BUNDLE_TOPIC', `a topic name has 1 to ${MAX_TOPIC_NAME_BYTES} bytes`, nameAt);
  }
  const version = reader.uintUpTo(Number.MAX_SAFE_INTEGER);
  reader.expectEnd('the topic block');
  return { name, version };
}

export function encodeTopic(topic: Topic): Uint8Array {
  return new CborWriter(32).array(2).text(topic.name).uint(topic.version).finish();
}

export function isTopicName(name: string): boolean {
  return name.length > 0 && name.length <= MAX_TOPIC_NAME_BYTES && utf8(name).length <= MAX_TOPIC_NAME_BYTES;
}
