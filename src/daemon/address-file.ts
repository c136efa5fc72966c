/**
 * `addresses.json`: where other nodes were met last, for polling. It tells where this laptop has been, so it is private, short,
 * and may be deleted at any time.
 */
import { readFile } from 'node:fs/promises';
import { type Logger, messageOf } from '../base/index.js';
import { AddressBook, type BookEntry } from '../link/index.js';
import { replaceFile } from './atomic-file.js';
import { formatHostPort, parseHostPort } from './host-port.js';

const VERSION = 1;
/** A book that is full has half of this. */
const MAX_FILE_BYTES = 128 * 1024;
/** Meetings come in groups; losing the last minute of them to a power cut costs nothing. */
const SAVE_AFTER_MS = 10_000;

export class AddressFile {
  readonly book: AddressBook;
  readonly #path: string;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();

  private constructor(path: string, book: AddressBook, log: Logger) {
    this.#path = path;
    this.book = book;
    this.#log = log;
  }

  /** A file that can't be read is no reason not to start: what it says is only where to try. */
  static async open(path: string, log: Logger): Promise<AddressFile> {
    return new AddressFile(path, new AddressBook(await readEntries(path, log)), log);
  }

  /** The book has changed: it is written soon. */
  readonly changed = (): void => {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#save(), SAVE_AFTER_MS);
    this.#timer.unref();
  };

  readonly close = async (): Promise<void> => {
    if (this.#timer !== undefined) {
      clearTimeout(this.#timer);
      this.#save();
    }
    await this.#saving;
  };

  #save(): void {
    this.#timer = undefined;
    const nodes = this.book.entries().map(([node, endpoints]) => ({ node, at: endpoints.map(formatHostPort) }));
    const text = `${JSON.stringify({ version: VERSION, nodes }, undefined, 1)}\n`;
    this.#saving = this.#saving
      .then(() => replaceFile(this.#path, text))
      .catch((error) => this.#log.warn('where nodes were met could not be written', { error: messageOf(error) }));
  }
}

async function readEntries(path: string, log: Logger): Promise<readonly BookEntry[]> {
  try {
    const content = await readFile(path);
    if (content.length > MAX_FILE_BYTES) throw new Error('the file is too long');
    return entriesOf(JSON.parse(content.toString('utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      log.warn('where nodes were met could not be read; starting anew', { file: path, error: messageOf(error) });
    }
    return [];
  }
}

/** @throws when the text is not what {@link AddressFile} writes. */
function entriesOf(content: unknown): readonly BookEntry[] {
  const { version, nodes } = content as { readonly version?: unknown; readonly nodes?: unknown };
  if (version !== VERSION || !Array.isArray(nodes)) throw new Error('it has another format');
  return nodes.map(({ node, at }): BookEntry => {
    if (typeof node !== 'string' || !Array.isArray(at)) throw new Error('it has another format');
    return [node, at.map((each) => parseHostPort(String(each)))];
  });
}
