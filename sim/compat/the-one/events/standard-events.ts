/**
 * Event files in The ONE's standard format, one event a line: `<time> CONN a b up|down [interface]`, `<time> C id from to
 * size [response size]`, `<time> S|DE|A id from to`, `<time> DR|R id host`. Lines with `#` are comments.
 */
import { DecodeError, HearsayError, printable } from '../../../../src/base/index.js';
import { readWhole } from '../settings/values.js';
import type { World } from '../world/world.js';
import type { EventSource } from './event-source.js';
import { createMessage, hostAt } from './message-generator.js';

type Happening = (world: World) => void;

/** Every message that the host holds. */
const ALL = '*';

export class StandardEvents implements EventSource {
  readonly #lines: readonly string[];
  readonly #file: string;
  #at = 0;
  #nextAt = Number.POSITIVE_INFINITY;
  #next: Happening = () => undefined;

  /** @param file its name, for messages. */
  constructor(text: string, file: string) {
    this.#lines = text.split('\n');
    this.#file = file;
    this.#advance();
  }

  get nextAt(): number {
    return this.#nextAt;
  }

  fire(world: World): void {
    const happen = this.#next;
    const line = this.#at;
    try {
      happen(world);
    } catch (error) {
      if (!(error instanceof HearsayError)) throw error;
      throw new HearsayError(error.code, `${this.#file}:${line}: ${error.message}`, { cause: error });
    }
    this.#advance();
  }

  #advance(): void {
    while (this.#at < this.#lines.length) {
      const line = (this.#lines[this.#at] ?? '').trim();
      this.#at += 1;
      if (line === '' || line.startsWith('#')) continue;
      const [time, happening] = this.#parse(line);
      this.#nextAt = time;
      this.#next = happening;
      return;
    }
    this.#nextAt = Number.POSITIVE_INFINITY;
  }

  #parse(line: string): readonly [number, Happening] {
    const words = line.split(/\s+/);
    const [timeWord = '', kind = '', first = '', second = '', third = '', fourth] = words;
    const time = Number(timeWord);
    if (Number.isNaN(time)) throw this.#refuse(line, `"${printable(timeWord)}" is no time`);
    switch (kind) {
      case 'CONN': {
        if (third !== 'up' && third !== 'down') throw this.#refuse(line, 'a link goes up or down');
        const a = this.#address(first, line);
        const b = this.#address(second, line);
        const radio = fourth === undefined ? 0 : this.#whole(fourth, line) - 1;
        return [time, third === 'up' ? connect(a, b, radio) : disconnect(a, b, radio)];
      }
      case 'C': {
        const from = this.#address(second, line);
        const to = this.#address(third, line);
        const size = this.#whole(fourth ?? '', line);
        const response = words[6] === undefined ? 0 : this.#whole(words[6], line);
        return [time, (world) => createMessage(world, first, from, to, size, response)];
      }
      case 'S':
      case 'DE':
      case 'A':
        return [time, relay(kind, first, this.#address(second, line), this.#address(third, line))];
      case 'DR':
      case 'R':
        return [time, removal(first, this.#address(second, line), kind === 'DR')];
      default:
        throw this.#refuse(line, `"${printable(kind)}" is none of CONN, C, S, DE, A, DR, R`);
    }
  }

  /** Only the digits of a host's name count. */
  #address(word: string, line: string): number {
    const digits = /^[^0-9]*([0-9]+)$/.exec(word)?.[1];
    if (digits === undefined) throw this.#refuse(line, `"${printable(word)}" is no host`);
    return Number(digits);
  }

  #whole(word: string, line: string): number {
    const value = readWhole(word);
    if (value === undefined) throw this.#refuse(line, `"${printable(word)}" is no number`);
    return value;
  }

  #refuse(line: string, why: string): DecodeError {
    const where = `${this.#file}:${this.#at}`;
    return new DecodeError('ERR_THE_ONE_TRACE', `${where}: ${why}, in "${printable(line)}"`, this.#at);
  }
}

/** A link that is up already stays as it is. */
function connect(a: number, b: number, radio: number): Happening {
  return (world) => {
    const initiator = hostAt(world, a);
    const peer = hostAt(world, b);
    if (initiator.linkTo(peer, radio) === undefined) world.connect(initiator, radio, peer, radio);
  };
}

function disconnect(a: number, b: number, radio: number): Happening {
  return (world) => {
    const detector = hostAt(world, a);
    const link = detector.linkTo(hostAt(world, b), radio);
    if (link !== undefined) world.disconnect(detector, link);
  };
}

/** What a message did between two hosts, whatever their routers would have done. */
function relay(kind: 'S' | 'DE' | 'A', id: string, a: number, b: number): Happening {
  return (world) => {
    const from = hostAt(world, a);
    const to = hostAt(world, b);
    if (kind === 'S') from.router.sendByScript(id, to);
    else if (kind === 'DE') to.router.receiveByScript(id, from);
    else to.router.abortByScript(id, from);
  };
}

function removal(id: string, address: number, dropped: boolean): Happening {
  return (world) => {
    const host = hostAt(world, address);
    for (const copy of [...host.buffer.inMapOrder]) {
      if (id === ALL || copy.message.id === id) host.router.delete(copy, dropped);
    }
  };
}
