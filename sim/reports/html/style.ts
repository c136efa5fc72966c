/**
 * How reports look. The colours of series are those that Okabe and Ito chose to be told apart by everybody
 * (Color Universal Design, 2002), some lighter or darker for contrast with the paper.
 */
export const STYLE = `
:root {
  --paper: #ffffff; --ink: #1c2430; --soft: #56606e; --faint: #d5dae1; --panel: #f4f6f8; --accent: #0072b2;
  --message: #d55e00; --link: #9aa3af;
  --c1: #0072b2; --c2: #d55e00; --c3: #009e73; --c4: #b0568a; --c5: #3a9bd6; --c6: #c98600; --c7: #8a7a00; --c8: #6b7280;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12161c; --ink: #e6e9ee; --soft: #a3adba; --faint: #323b47; --panel: #1b212a; --accent: #56b4e9;
    --message: #ff8a3d; --link: #66717f;
    --c1: #56b4e9; --c2: #ff8a3d; --c3: #1fc79a; --c4: #e199c2; --c5: #3f7fd0; --c6: #e6b04a; --c7: #d8cc3e; --c8: #9aa3af;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 72rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 0.75rem; font-size: 1.25rem; }
h3 { margin: 0; font-size: 1rem; }
p { margin: 0.25rem 0; }
.soft, figcaption { color: var(--soft); font-size: 0.9rem; }
.note { border-left: 4px solid var(--message); padding: 0.25rem 0.75rem; background: var(--panel); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.75rem; margin: 1.25rem 0; }
.figures div { background: var(--panel); border-radius: 8px; padding: 0.75rem 1rem; }
.figures dt { color: var(--soft); font-size: 0.85rem; }
.figures dd { margin: 0; font-size: 1.5rem; font-weight: 600; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.9rem 0.3rem 0; border-bottom: 1px solid var(--faint); overflow-wrap: anywhere; }
.wide th, .wide td { overflow-wrap: normal; }
tbody th { font-weight: 500; color: var(--soft); white-space: nowrap; }
.wide { overflow-x: auto; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td.number { white-space: nowrap; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { background: var(--panel); padding: 0.75rem 1rem; border-radius: 8px; overflow-x: auto; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1.5rem; }
figure { margin: 0; min-width: 0; }
.plot { min-height: 270px; margin: 0.4rem 0; }
.uplot { font-family: system-ui, sans-serif; }
.u-legend { font-size: 0.85rem; text-align: left; }
.u-legend th, .u-legend td { border: 0; padding: 0 0.3rem; white-space: nowrap; width: auto; }
.u-legend.u-inline .u-series { padding-right: 0.6rem; }
table.u-legend { width: auto; margin: 0; }
.u-select { background: color-mix(in srgb, var(--ink) 12%, transparent); }
.u-hz .u-cursor-x, .u-hz .u-cursor-y { border-color: var(--soft); }
.controls { display: flex; flex-wrap: wrap; gap: 0.5rem 0.9rem; align-items: center; margin: 0.5rem 0; }
.controls label { display: flex; gap: 0.4rem; align-items: center; }
.controls .time { flex: 1 1 16rem; }
button, select { font: inherit; color: var(--ink); background: var(--panel); border: 1px solid var(--faint); border-radius: 6px; padding: 0.25rem 0.7rem; }
#play { min-width: 5rem; background: var(--accent); border-color: var(--accent); color: var(--paper); font-weight: 600; }
select { max-width: min(24rem, 100%); min-width: 0; }
label { min-width: 0; max-width: 100%; }
input[type='range'] { width: 100%; accent-color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
#mesh { display: block; width: 100%; height: 30rem; border: 1px solid var(--faint); border-radius: 8px; touch-action: pan-y; }
#clock { font-variant-numeric: tabular-nums; font-weight: 600; min-width: 8.5rem; text-align: right; }
#journey { padding-left: 2rem; columns: 24rem 2; }
#journey li { break-inside: avoid; }
#journey button { padding: 0 0.5rem; font-variant-numeric: tabular-nums; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; list-style: none; margin: 0.4rem 0; padding: 0; font-size: 0.9rem; }
.dot { display: inline-block; width: 0.75em; height: 0.75em; border-radius: 50%; margin-right: 0.35em; background: var(--c8); }
.dot.g0 { background: var(--c1); } .dot.g1 { background: var(--c3); } .dot.g2 { background: var(--c4); }
.dot.g3 { background: var(--c7); } .dot.g4 { background: var(--c8); } .dot.g5 { background: var(--c5); }
.dot.off { background: none; border: 1.5px solid var(--link); }
.dot.message { background: var(--message); }
footer { margin-top: 3rem; }
`;
