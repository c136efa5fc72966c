/** The source keeps its message until it meets the destination. */
import { Router } from './router.js';

export class DirectDeliveryRouter extends Router {
  protected forward(): void {
    this.exchangeDeliverable();
  }
}
