/**
 * The page's program, as text.
 *
 * What is under page/ runs in the reader's browser, not here: each function is carried over as its own source text, as
 * browser testing tools do it. So each of them stands on its own. It imports nothing but types, uses nothing of its module
 * but itself, and finds the others in `parts`. That keeps it typed, linted and testable without a bundler.
 */
import { main } from './page/main.js';
import { PARTS } from './page/parts.js';

/** @returns a script that needs `uPlot` and the page's data (`document.ts`). */
export function pageScript(): string {
  const parts = Object.entries(PARTS).map(([name, part]) => `${name}: ${String(part)}`);
  return `'use strict';\n(${String(main)})({\n${parts.join(',\n')}\n}, document, window, uPlot);\n`;
}
