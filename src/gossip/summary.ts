/** The STRATEGY frame: what one node's routing strategy tells the other's (docs/protocol/routing.md). */
import { DecodeError } from '../base/index.js';
import type { CborValue } from '../cbor/index.js';

export const STRATEGY_KIND = 7;
const MAX_NAME_CHARACTERS = 64;

/** `summary` means something only to a strategy of the same name. */
export interface StrategyFrame {
  readonly kind: 'strategy';
  readonly name: string;
  readonly summary: Uint8Array;
}

export function strategyToCbor({ name, summary }: StrategyFrame): CborValue {
  return [STRATEGY_KIND, name, summary];
}

/** @throws DecodeError `ERR_GOSSIP_FRAME` */
export function strategyFromCbor([, name, summary]: readonly CborValue[]): StrategyFrame {
  if (typeof name !== 'string' || name.length > MAX_NAME_CHARACTERS) throw refuse('names no strategy');
  if (!(summary instanceof Uint8Array)) throw refuse('lacks a summary');
  return { kind: 'strategy', name, summary };
}

function refuse(what: string): DecodeError {
  return new DecodeError('ERR_GOSSIP_FRAME', `the gossip frame ${what}`, 0);
}
