/** Types for the part of ltx 3.1 that we use: its trees and its serialiser. The package brings none. */
declare module 'ltx' {
  export type Node = Element | string;

  export class Element {
    name: string;
    parent: Element | null;
    children: Node[];
    attrs: Record<string, string | undefined>;
    constructor(name: string, attrs?: Record<string, string | undefined>);
    getName(): string;
    getNS(): string | undefined;
    is(name: string, xmlns?: string): boolean;
    getChild(name: string, xmlns?: string): Element | undefined;
    getChildren(name: string, xmlns?: string): Element[];
    getChildElements(): Element[];
    getText(): string;
    cnode<Child extends Node>(child: Child): Child;
    remove(child: Element): this;
    toString(): string;
  }

  export function clone(element: Element): Element;
  export function escapeXML(text: string): string;
  export function parse(xml: string): Element;
}
