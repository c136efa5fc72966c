/** Worlds: laptops that run the real core under virtual time, and what is between them. */
export { EventLog, type EventLogOptions, Happening, type MessageEvent, type PowerEvent } from './event-log.js';
export { pathOf } from './paths.js';
export { contactsOf, type SimulateOptions, simulate } from './simulate.js';
