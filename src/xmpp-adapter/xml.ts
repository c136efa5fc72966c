/**
 * Trees out: how we build elements, and the one place where they become text.
 *
 * Nothing that comes from outside can break the stream: ltx escapes every text and attribute value, and what XML 1.0
 * can't hold at all is taken out here. A mesh message may hold any Unicode string, U+0000 included.
 */
import { Element, type Node } from 'ltx';

/** Builds an element. Undefined attributes and children are left out. */
export function el(
  name: string,
  attrs: Readonly<Record<string, string | undefined>>,
  ...children: readonly (Node | undefined)[]
): Element {
  const element = new Element(name);
  for (const [key, value] of Object.entries(attrs)) {
    if (value !== undefined) element.attrs[key] = value;
  }
  for (const child of children) {
    if (child !== undefined) element.cnode(child);
  }
  return element;
}

/** Everything but XML 1.0's `Char` production (§2.2); in `u` mode a lone surrogate is one of them. */
const ILLEGAL_IN_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

export function legalText(text: string): string {
  return text.replace(ILLEGAL_IN_XML, '');
}

/** The element as it goes on the wire. */
export function serialise(element: Element): string {
  return legalText(element.toString());
}
