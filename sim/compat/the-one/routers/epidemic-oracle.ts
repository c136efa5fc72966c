/**
 * What epidemic routing would do with links of any speed and buffers of any size: every message spreads at once to all
 * who can be reached, and once it has arrived it is gone everywhere but where it came from (rule 25; the exception is
 * what The ONE's logs show).
 */
import type { Link } from '../world/link.js';
import type { Copy, Message } from '../world/message.js';
import { Router } from './router.js';

export class EpidemicOracleRouter extends Router {
  /** Nothing happens with time: messages travel when links come up and when they are created. */
  override update(): void {
    this.host.changed = false;
  }

  protected forward(): void {}

  override linkUp(link: Link): void {
    const peer = link.other(this.host);
    for (const copy of [...peer.buffer.inMapOrder]) pull(copy, peer.router, this);
  }

  override create(message: Message): void {
    super.create(message);
    const copy = this.host.buffer.get(message);
    if (copy !== undefined) spread(copy, this);
  }
}

/** Depth first: whoever gets a message passes it on before the next one is looked at. */
function spread(copy: Copy, holder: Router): void {
  for (const link of [...holder.host.links]) {
    if (pull(copy, holder, link.other(holder.host).router)) return;
  }
}

/** @returns whether the message is where it was to go, and so need not be passed on any more. */
function pull(copy: Copy, from: Router, to: Router): boolean {
  const { world } = to;
  const { message } = copy;
  // It may have arrived, and been removed, while this list was being worked through.
  if (!from.host.buffer.has(message)) return true;
  if (to.host.buffer.has(message) || to.host.delivered.has(message.key)) return false;
  const incoming = copy.forwardedTo(to.host, world.now);
  world.observers.transferStarted(incoming, from.host, to.host);
  to.receive(incoming, from.host);
  if (message.to === to.host) {
    for (const host of world.hosts) {
      const other = host.buffer.get(message);
      if (other !== undefined && host !== from.host) host.router.delete(other, false);
    }
    return true;
  }
  spread(incoming, to);
  return false;
}
