/** Epidemic routing (Vahdat and Becker, 2000): whatever a neighbour lacks is offered to it. */
import { Router } from './router.js';

export class EpidemicRouter extends Router {
  protected forward(): void {
    if (this.exchangeDeliverable()) return;
    this.tryEverywhere(this.queue());
  }
}
