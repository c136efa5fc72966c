/**
 * Which endpoint ids a key or a policy rule is about: an endpoint id in text, in which each `*` stands for any number of
 * characters. `*` alone is everybody, `dtn://school/*` a node, `ipn:2.*` another.
 */

/** Linear in the text for each star: a greedy scan, nothing to blow up. */
export function matchesEid(pattern: string, eid: string): boolean {
  const parts = pattern.split('*');
  const first = parts[0] as string;
  if (parts.length === 1) return pattern === eid;
  const last = parts[parts.length - 1] as string;
  if (eid.length < first.length + last.length || !eid.startsWith(first) || !eid.endsWith(last)) return false;
  let at = first.length;
  const end = eid.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = eid.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
