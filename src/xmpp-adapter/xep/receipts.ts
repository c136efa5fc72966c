/** XEP-0184: the far node's signed receipt, in the words of a client. It is never made up by this node. */
import type { Element } from 'ltx';
import { NS } from '../namespaces.js';
import { el } from '../xml.js';

/** §5.1: without an id there would be nothing to refer to. */
export function requestsReceipt(message: Element): boolean {
  return message.getChild('request', NS.receipts) !== undefined && (message.attrs.id ?? '') !== '';
}

export function receiptElement(messageId: string): Element {
  return el('received', { xmlns: NS.receipts, id: messageId });
}
