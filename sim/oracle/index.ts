/** How good any strategy could possibly be: earliest arrivals over the contacts as they will be (architecture §8). */
export { earliestArrivals, type OracleMessage } from './flood.js';
export { LinkOracle, type SizedMessage } from './over-links.js';
