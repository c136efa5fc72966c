/** A page that is one file: its styles, its program, uPlot and the data are all in it, and it asks no network for anything. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { invariant } from '../../../src/base/index.js';
import { Html, html, scriptJson } from './escape.js';
import type { PageData } from './page/types.js';
import { pageScript } from './script.js';
import { STYLE } from './style.js';

export interface PageOptions {
  readonly title: string;
  readonly body: Html;
  readonly data: PageData;
}

/** @returns the file's text. */
export function pageOf({ title, body, data }: PageOptions): string {
  const uplot = loadUplot();
  const scripts = [uplot.script, pageScript()];
  const styles = [uplot.style, STYLE];
  // Only what this file was made with may run: should a name slip through as markup, it still does nothing.
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map(hashOf).join(' ')}`,
    `style-src ${styles.map(hashOf).join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${styles.map((style) => element('style', style))}
</head>
<body>
${body}
<!-- Plots: uPlot ${uplot.version}.
${new Html(uplot.licence)} -->
<script type="application/json" id="data">${scriptJson(data)}</script>
${scripts.map((script) => element('script', script))}
</body>
</html>
`;
  return page.markup;
}

function element(name: 'script' | 'style', content: string): Html {
  invariant(!new RegExp(`</${name}|<!--`, 'i').test(content), `this ${name} cannot stand in a page`);
  return new Html(`<${name}>${content}</${name}>`);
}

function hashOf(content: string): string {
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
}

interface Uplot {
  readonly script: string;
  readonly style: string;
  readonly licence: string;
  readonly version: string;
}

function loadUplot(): Uplot {
  const { resolve } = createRequire(import.meta.url);
  const read = (file: string): string => readFileSync(resolve(`uplot/${file}`), 'utf8');
  const { version } = JSON.parse(read('package.json')) as { readonly version: string };
  return {
    script: read('dist/uPlot.iife.min.js'),
    style: read('dist/uPlot.min.css'),
    // Two hyphens would end the comment that it stands in.
    licence: read('LICENSE').replaceAll('--', '- '),
    version,
  };
}
