/** `CreatedMessagesReport` and `DeliveredMessagesReport`: a line a message. */
import type { Host } from '../world/host.js';
import { type Copy, type Message, minutesLeft, type Path } from '../world/message.js';
import { Report, type ReportContext } from './report.js';

export class CreatedMessagesReport extends Report {
  constructor(context: ReportContext) {
    super(context);
    this.write('# time  ID  size  fromHost  toHost  TTL  isResponse');
  }

  created({ message }: Copy): void {
    if (this.isWarmup) return;
    const { id, sizeBytes, from, to, request } = message;
    const ttl = ttlText(message, this.world.now);
    const time = this.format(this.world.now);
    this.write(`${time} ${id} ${sizeBytes} ${from.name} ${to.name} ${ttl} ${request === undefined ? 'N' : 'Y'} `);
  }
}

export class DeliveredMessagesReport extends Report {
  constructor(context: ReportContext) {
    super(context);
    this.write('# time  ID  size  hopcount  deliveryTime  fromHost  toHost  remainingTtl  isResponse  path');
  }

  created({ message }: Copy): void {
    if (this.isWarmup) this.ignore(message);
  }

  transferred(copy: Copy, _from: Host, to: Host, first: boolean): void {
    const { message } = copy;
    if (!first || this.isIgnored(message)) return;
    const { now } = this.world;
    this.write(
      [
        this.format(now),
        message.id,
        message.sizeBytes,
        copy.path.hops,
        this.format(now - message.createdAt),
        message.from.name,
        to.name,
        ttlText(message, now),
        message.request === undefined ? 'N' : 'Y',
        pathText(copy.path),
      ].join(' '),
    );
  }
}

function ttlText(message: Message, now: number): string {
  return message.ttlMinutes === undefined ? 'n/a' : String(minutesLeft(message, now));
}

function pathText(path: Path): string {
  const names: string[] = [];
  for (let step: Path | undefined = path; step !== undefined; step = step.before) names.push(step.host.name);
  return names.reverse().join('->');
}
