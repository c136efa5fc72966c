/** Worlds: laptops that run the real core under virtual time, and what is between them. */
export { contactsOf, type SimulateOptions, simulate } from './simulate.js';
