/** A stand-in for a browser, for the page's own program: elements that remember what they were given, and a clock to turn. */
import { createContext, Script } from 'node:vm';

type Listener = (event: Record<string, unknown>) => void;

export class FakeElement {
  textContent: string | null = '';
  value = '';
  readonly clientWidth = 800;
  readonly clientHeight = 400;
  children: (FakeElement | string)[] = [];
  readonly attributes = new Map<string, string>();
  readonly drawn: string[] = [];
  readonly #listeners = new Map<string, Listener>();

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, listener);
  }

  fire(type: string, event: Record<string, unknown> = {}): void {
    this.#listeners.get(type)?.({ preventDefault: () => {}, ...event });
  }

  append(...children: (FakeElement | string)[]): void {
    this.children.push(...children);
  }

  replaceChildren(...children: (FakeElement | string)[]): void {
    this.children = children;
  }

  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }

  getContext(): unknown {
    return new Proxy({} as Record<string, unknown>, {
      get: (context, name) =>
        context[String(name)] ?? ((...values: unknown[]) => this.drawn.push(`${String(name)} ${values.join(' ')}`)),
      set: (context, name, value) => {
        context[String(name)] = value;
        return true;
      },
    });
  }

  get text(): string {
    return (
      (this.textContent ?? '') + this.children.map((child) => (typeof child === 'string' ? child : child.text)).join('')
    );
  }
}

export interface OpenPage {
  readonly plots: {
    readonly options: { readonly series: readonly { readonly label: string }[] };
    readonly data: number[][];
  }[];
  element(id: string): FakeElement;
  /** Draws what is due, so much later. */
  frame(laterMs: number): void;
}

/** Runs the page's program with the page's data. */
export function openPage(page: string): OpenPage {
  const [, json = ''] = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(page) ?? [];
  const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script = '']) => script);
  const elements = new Map<string, FakeElement>();
  for (const [, id = ''] of page.matchAll(/ id="([^"]+)"/g)) elements.set(id, new FakeElement());
  const data = elements.get('data');
  if (data !== undefined) data.textContent = json;
  const speed = elements.get('speed');
  if (speed !== undefined) speed.value = /value="(\d+)" selected/.exec(page)?.[1] ?? '';
  const plots: OpenPage['plots'] = [];
  class Plot {
    static readonly paths = { stepped: () => () => null, bars: () => () => null };
    constructor(options: OpenPage['plots'][number]['options'], given: number[][]) {
      plots.push({ options, data: given });
    }
    destroy(): void {}
  }
  let due: ((nowMs: number) => void)[] = [];
  let nowMs = 0;
  const window = {
    devicePixelRatio: 1,
    requestAnimationFrame: (draw: (nowMs: number) => void) => due.push(draw),
    addEventListener: () => {},
    matchMedia: () => ({ addEventListener: () => {} }),
    getComputedStyle: () => ({ getPropertyValue: () => '#000' }),
  };
  const document = {
    documentElement: new FakeElement(),
    getElementById: (id: string) => elements.get(id) ?? null,
    createElement: () => new FakeElement(),
  };
  new Script(scripts.at(-1) ?? '').runInContext(createContext({ window, document, uPlot: Plot }));
  return {
    plots,
    element: (id) => {
      const found = elements.get(id);
      if (found === undefined) throw new Error(`no element ${id}`);
      return found;
    },
    frame: (laterMs) => {
      nowMs += laterMs;
      const now = due;
      due = [];
      for (const draw of now) draw(nowMs);
    },
  };
}
