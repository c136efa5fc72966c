/** `level` declares only what browsers can do too. Under Node.js it is classic-level, which can do a little more. */
import { Level } from 'level';

export interface Database extends Level<string, Uint8Array> {
  compactRange(start: string, end: string): Promise<void>;
}

export const Database = Level as unknown as {
  new (...options: ConstructorParameters<typeof Level<string, Uint8Array>>): Database;
  /** Rebuilds a database from what its tables and logs still hold. Takes no lock. */
  repair(dir: string): Promise<void>;
};
