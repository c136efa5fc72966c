/** Starts nothing by itself: for scenarios whose event files say what is sent. */
import { Router } from './router.js';

export class PassiveRouter extends Router {
  protected forward(): void {}
}
