/** Addresses as people and interfaces write them. */

/** IPv4 over a dual-stack socket is shown as plain IPv4. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}

/** A link-local IPv6 address without the interface that it is valid on. */
export function withoutZone(address: string): string {
  return address.replace(/%.*$/, '');
}
