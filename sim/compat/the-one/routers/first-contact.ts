/** One copy, handed to the first neighbour that it has not been at (Jain, Fall and Patra, 2004). */
import type { Host } from '../world/host.js';
import type { Copy } from '../world/message.js';
import { ACCEPTED, POLICY, Router, type Verdict } from './router.js';

export class FirstContactRouter extends Router {
  protected forward(): void {
    if (this.exchangeDeliverable()) return;
    this.tryEverywhere(this.queue());
  }

  /** The path is looked at last: room has been made by then (rule 20). */
  override check(copy: Copy, from: Host): Verdict {
    const verdict = super.check(copy, from);
    return verdict === ACCEPTED && copy.hasVisited(this.host) ? POLICY : verdict;
  }

  protected override sent(copy: Copy): void {
    const own = this.host.buffer.get(copy.message);
    if (own !== undefined) this.delete(own, false);
  }
}
