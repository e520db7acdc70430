"""How the page looks and how its charts come to life: one style sheet, one short script, both inlined."""

CSS = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b2026; --muted: #626b76; --line: #e2e6ea; --soft: #f5f7f9;
  --good: #1a7f4b; --partial: #9a6200; --bad: #b3362b; --link: #1f5fa8;
  --c0: #2f6fb3; --c1: #df8a2b; --c2: #3d9a72; --c3: #b5507a; --c4: #7a68b8; --c5: #54a3b8; --c6: #8a929c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181d; --ink: #e8ebee; --muted: #9aa4af; --line: #2c333b; --soft: #1b2027;
    --good: #5cc592; --partial: #e0a94f; --bad: #f0857a; --link: #83b5ec;
    --c0: #6aa5e3; --c1: #eda55a; --c2: #62bd95; --c3: #d982a6; --c4: #a596dd; --c5: #7dc4d6; --c6: #98a1ab;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  -webkit-text-size-adjust: 100%;
}
main { max-width: 1000px; margin: 0 auto; padding: 56px 32px 72px; }
h1 { font-size: 2rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; margin: 6px 0 12px;
  text-wrap: balance; }
h1.bad { color: var(--bad); }
h1 .without { display: block; font-size: 1.25rem; color: var(--partial); letter-spacing: 0; margin-top: 6px; }
h2 { font-size: 1.2rem; line-height: 1.3; font-weight: 650; margin: 0 0 14px; }
p { margin: 0 0 10px; max-width: 54rem; }
section { margin-top: 52px; }
a { color: var(--link); text-underline-offset: 2px; overflow-wrap: anywhere; }
code { font: 0.9em ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
.quiet { color: var(--muted); }
.small { font-size: 0.875rem; }
.name { color: var(--muted); margin: 0; }

.keys { display: flex; flex-wrap: wrap; gap: 1px; margin: 32px 0 0; background: var(--line);
  border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.keys > div { flex: 1 1 calc(100% / var(--across) - 1px); background: var(--paper); padding: 14px 18px 15px; }
.keys dt { color: var(--muted); font-size: 0.85rem; }
.keys dd { margin: 1px 0 0; font-size: 1.3rem; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; }
.keys dd span { display: block; color: var(--muted); font-size: 0.85rem; font-weight: 400; line-height: 1.4; }

ul.plain { list-style: none; margin: 0; padding: 0; }
.goals li { display: flex; gap: 12px; align-items: baseline; padding: 8px 0; border-top: 1px solid var(--line); }
.goals li:last-child { border-bottom: 1px solid var(--line); }
.goals .mark { font-weight: 700; width: 1.1em; flex: none; color: var(--bad); }
.goals .met .mark { color: var(--good); }
.goals .value { margin-left: auto; text-align: right; font-variant-numeric: tabular-nums; }

.timeline { font-size: 0.93rem; }
.timeline .row { display: grid; grid-template-columns: 9rem 17rem 1fr 6.2rem; gap: 0 14px; align-items: center;
  padding: 5px 0; border-top: 1px solid var(--line); }
.timeline .row.sub { border-top: 0; padding: 1px 0 4px; font-size: 0.875rem; color: var(--muted); }
.timeline .sub .what { padding-left: 16px; }
.timeline time, .timeline .took { font-variant-numeric: tabular-nums; white-space: nowrap; }
.timeline time { color: var(--muted); }
.timeline .took { text-align: right; }
.timeline .note { display: block; color: var(--partial); font-size: 0.85rem; }
.timeline .what { line-height: 1.35; overflow-wrap: anywhere; }
.track { position: relative; height: 12px; min-width: 0; }
.track i { position: absolute; top: 0; height: 12px; min-width: 2px; border-radius: 2px; background: var(--c0); }
.sub .track, .sub .track i { height: 6px; }
.sub .track i { background: var(--c1); border-radius: 1px; }
.track i.open { background: linear-gradient(90deg, var(--c0), transparent); }
.track i.end { width: 8px; height: 8px; top: 2px; margin-left: -8px; border-radius: 50%; background: var(--good); }
.track i.moment { width: 5px; height: 5px; border-radius: 50%; background: var(--c1, currentColor); }
.timeline.bad .track i.end { background: var(--bad); }
.timeline .scale { border: 0; padding: 0 0 4px; }
.scale .track { height: 18px; font-size: 0.8rem; color: var(--muted); }
.scale .track span { position: absolute; white-space: nowrap; padding-left: 5px; border-left: 1px solid var(--line); }

.share { display: flex; height: 14px; border-radius: 4px; overflow: hidden; margin: 18px 0 12px; gap: 1px; }
.share i { display: block; min-width: 2px; }
.stations li { display: grid; grid-template-columns: 14px 11rem 3.6rem 1fr; gap: 0 10px; align-items: baseline;
  padding: 3px 0; }
.stations .dot { width: 11px; height: 11px; border-radius: 3px; align-self: start; margin-top: 0.45em; }
.stations .number { text-align: right; font-variant-numeric: tabular-nums; }

.keys .bad { color: var(--bad); }
figure { margin: 22px 0 0; }
figure + table { margin-top: 18px; }
figcaption { font-size: 0.9rem; font-weight: 600; margin-bottom: 6px; }
figcaption span { font-weight: 400; color: var(--muted); }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 22px 36px; }
.pair > figure { margin: 0; }
.chart { width: 100%; min-width: 0; }
.chart svg { display: block; max-width: 100%; height: auto; }
.chart.vega-embed { display: block; padding: 0; }

table { width: 100%; border-collapse: collapse; font-size: 0.9rem; }
th { text-align: left; color: var(--muted); font-weight: 500; }
th, td { padding: 7px 14px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
tfoot td { font-weight: 600; border-bottom: 0; }
td { overflow-wrap: anywhere; }
td .note { display: block; color: var(--muted); }
.whole { white-space: nowrap; }
td code { overflow-wrap: normal; }
.kind { font-size: 0.8rem; color: var(--muted); white-space: nowrap; }
.kind.assumed { color: var(--partial); border: 1px solid currentColor; border-radius: 99px; padding: 0 8px; }
.repeat { display: block; background: var(--soft); border: 1px solid var(--line); border-radius: 8px;
  padding: 12px 16px; white-space: pre-wrap; overflow-wrap: anywhere; }
footer { margin-top: 52px; }
footer .small { margin-top: 12px; }

#vg-tooltip-element { position: fixed; visibility: hidden; z-index: 1000; padding: 7px 11px; font: inherit;
  font-size: 0.8rem; background: var(--paper); color: var(--ink); border: 1px solid var(--line); border-radius: 6px;
  box-shadow: 0 2px 10px rgba(0, 0, 0, 0.18); pointer-events: none; }
#vg-tooltip-element.visible { visibility: visible; }
#vg-tooltip-element table { width: auto; font-size: inherit; }
#vg-tooltip-element td { border: 0; padding: 1px 10px 1px 0; }
#vg-tooltip-element td.key { color: var(--muted); }

@media (max-width: 720px) {
  main { padding: 32px 18px 56px; }
  h1 { font-size: 1.6rem; }
  section { margin-top: 42px; }
  .keys > div { flex-basis: calc(50% - 1px); padding: 11px 14px; }
  .keys dd { font-size: 1.15rem; }
  .timeline .row { grid-template-columns: 1fr auto; padding: 8px 0; }
  .timeline .row.sub { padding: 2px 0 5px; }
  .timeline .track { grid-column: 1 / -1; margin-top: 5px; }
  .timeline time { grid-row: 1; grid-column: 1; font-size: 0.85rem; }
  .timeline .what { grid-row: 2; grid-column: 1; }
  .timeline .took { grid-row: 2; grid-column: 2; }
  .timeline .sub .what, .timeline .sub .took { grid-row: 1; }
  .timeline .scale > :not(.track) { display: none; }
  .stations li { grid-template-columns: 14px 1fr auto; padding: 5px 0; }
  .stations .lift { grid-column: 2 / -1; }
  table.stack thead { display: none; }
  table.stack tr { display: block; padding: 9px 0; border-bottom: 1px solid var(--line); }
  table.stack td { display: block; border: 0; padding: 0; text-align: left; white-space: normal; }
  table.stack td[data-label]:not(:empty)::before { content: attr(data-label) " "; color: var(--muted); }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --muted: #555; --line: #ccc; --soft: #fff;
    --good: #1a7f4b; --partial: #8a5800; --bad: #b3362b; --link: #000;
    --c0: #2f6fb3; --c1: #df8a2b; --c2: #3d9a72; --c3: #b5507a; --c4: #7a68b8; --c5: #54a3b8; --c6: #8a929c; }
  body { font-size: 11pt; }
  main { max-width: none; padding: 0; }
  section { margin-top: 28px; }
  figure, tr, .row, .keys, .goals li { break-inside: avoid; }
  h2, figcaption { break-after: avoid; }
  .track i, .share i, .stations .dot { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""

SCRIPT = """
const charts = JSON.parse(document.getElementById("charts").textContent);
for (const [id, spec] of Object.entries(charts.specs)) {
  vegaEmbed("#" + id, spec, {
    config: charts.config, renderer: "svg", actions: false, ast: true,
    tooltip: { theme: "custom", disableDefaultStyle: true },
  }).catch((error) => { document.getElementById(id).textContent = "This chart cannot be drawn: " + error.message; });
}
"""
"""``ast`` has Vega interpret expressions: the page's security policy forbids evaluating text as code."""
