/** Bounds on what strangers can make us remember: keys are free, so anybody can be a thousand people. */
import type { Table } from './table.js';
import type { Transaction } from './transaction.js';

/** How many protected records one call passes over before it lets the table grow instead. */
const MAX_PASSED_OVER = 64;

/**
 * Makes room for the record `key` if it is a new one: the one that changed longest ago goes, unless it is protected.
 *
 * @param capacity protected records beyond it are kept all the same.
 */
export function makeRoom<T>(
  transaction: Transaction,
  table: Table<T>,
  key: string,
  capacity: number,
  isProtected: (other: string) => boolean = () => false,
): void {
  if (table.size < capacity || table.get(key) !== undefined) return;
  const passedOver: string[] = [];
  for (const [other] of table.entries()) {
    if (!isProtected(other)) {
      transaction.unset(table, other);
      break;
    }
    passedOver.push(other);
    if (passedOver.length === MAX_PASSED_OVER) break;
  }
  // To the end of the order: the next call should not look at them again.
  for (const other of passedOver) table.touch(other);
}
