/** What a routing strategy has learnt outlives a restart: a record under its name, written once a minute at most. */
import { DecodeError, type Logger } from '../base/index.js';
import type { RoutingStrategy } from '../gossip/index.js';
import type { Table } from './table.js';
import type { Transaction } from './transaction.js';

export function restoreRouting(strategy: RoutingStrategy, memory: Table<Uint8Array>, log: Logger): void {
  const saved = memory.get(strategy.name);
  if (saved === undefined) return;
  try {
    strategy.restore?.(saved);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    // It learns again; a node must not fail to start for that.
    log.warn('what the routing strategy remembered cannot be read', { strategy: strategy.name, code: error.code });
  }
}

export function saveRouting(transaction: Transaction, strategy: RoutingStrategy, memory: Table<Uint8Array>): void {
  const saved = strategy.save?.();
  if (saved !== undefined) transaction.set(memory, strategy.name, saved);
}
