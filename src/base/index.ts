/** The vocabulary below every floor: errors, bytes, times, randomness, logging. It imports nothing of ours. */
export { asBuffer, bytesEqual, concatBytes, fromBase32, fromHex, toBase32, toHex, utf8, utf8Decode } from './bytes.js';
export { DecodeError, HearsayError, InvariantError, invariant, messageOf, printable, unreachable } from './errors.js';
export { type LogFields, type Logger, type LogLevel, SILENT } from './logger.js';
export { type Random, seededRandom } from './random.js';
export {
  type Branded,
  DAY_MS,
  DTN_EPOCH_MS,
  type DtnTimeMs,
  fromDtnTime,
  HOUR_MS,
  later,
  MINUTE_MS,
  type Now,
  SECOND_MS,
  type SteadyMs,
  steadyMs,
  toDtnTime,
  type WallTimeMs,
  wallTimeMs,
} from './time.js';
export type { Timers } from './timers.js';
