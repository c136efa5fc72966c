/** Logging in: SASL as XMPP uses it. */
export { SCRAM_ITERATIONS, type ScramCredentials, type ScramKeys, scramCredentials } from './credentials.js';
export {
  failed,
  fakeSaltKey,
  mechanismsElement,
  type SaslContext,
  SaslExchange,
  type SaslOutcome,
} from './exchange.js';
export type { SaslCondition } from './mechanism.js';
