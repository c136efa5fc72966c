/** Radios: who is in reach of whom, and what a link between them is like. */
export { mergeContacts } from './merge.js';
export { contactOrder } from './millisecond-order.js';
export { type MobilityContactsOptions, mobilityContacts } from './mobility-contacts.js';
export type { ContactEvent, ContactSource, RadioModel } from './types.js';
