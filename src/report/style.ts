/** The whole look of a report: on a screen in light and dark, on a phone, and on paper. */
export const STYLE = `
:root {
  --page: #f7f7f5; --card: #ffffff; --ink: #1c2127; --soft: #5c6570; --faint: #687078; --rule: #e3e5e8; --grid: #eceef0;
  --good: #1a7f4e; --good-soft: #e3f3ea; --bad: #c2303a; --bad-soft: #fbe6e7; --warn: #96600a; --warn-soft: #faf0da;
  --accent: #3563d9; --shade: rgba(214, 58, 66, .10); --shade-edge: rgba(214, 58, 66, .35);
  --n0: #3a6fd8; --n1: #e08a1e; --n2: #17988a; --n3: #8a5cc4; --n4: #c8497a; --n5: #71862a; --nx: #8b949e;
  --primary: #2c5cc5; --replica: #c9d8f6; --on-replica: #27406f; --on-strong: #ffffff;
  --failed: #d0434b; --unknown: #e3a008; --dropped: #a3abb5; --served: #d8ecdf;
  --p50: #3563d9; --p99: #c26a11; --max: #b0b7c0;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #101418; --card: #171c22; --ink: #e4e8ec; --soft: #a2adb8; --faint: #828d98; --rule: #2a323a; --grid: #232a32;
    --good: #5cc98d; --good-soft: #16301f; --bad: #ff7b80; --bad-soft: #3a1a1d; --warn: #e9b44c; --warn-soft: #33270f;
    --accent: #7ea2ff; --shade: rgba(255, 110, 115, .13); --shade-edge: rgba(255, 110, 115, .45);
    --n0: #6f9bf5; --n1: #eda24a; --n2: #3dbdae; --n3: #ae86e0; --n4: #e3779f; --n5: #a3b854; --nx: #77828d;
    --primary: #5d87ea; --replica: #26385c; --on-replica: #b9ccf3; --on-strong: #0d1117;
    --failed: #e8666c; --unknown: #e9b44c; --dropped: #66707a; --served: #1d3527;
    --p50: #7ea2ff; --p99: #eda24a; --max: #5a646e;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; color-scheme: light dark; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
main { max-width: 1040px; margin: 0 auto; padding: 56px 40px 72px; }
h1, h2, h3, p, figure, dl, dd, ul, ol { margin: 0; }
a { color: var(--accent); }
.over { color: var(--soft); font-size: 14px; margin-bottom: 20px; }
.over b { color: var(--ink); font-weight: 600; }
.badge { display: inline-flex; align-items: center; gap: 8px; padding: 5px 14px 5px 10px; border-radius: 999px; font-size: 14px; font-weight: 650; letter-spacing: .04em; }
.badge svg { width: 16px; height: 16px; }
.badge.good { background: var(--good-soft); color: var(--good); }
.badge.bad { background: var(--bad-soft); color: var(--bad); }
.badge.warn { background: var(--warn-soft); color: var(--warn); }
h1 { font-size: clamp(25px, 3.6vw, 38px); line-height: 1.2; letter-spacing: -.018em; font-weight: 680; margin: 16px 0 14px; text-wrap: balance; }
.why { color: var(--soft); max-width: 72ch; font-size: 17px; }
.why + .why { margin-top: 6px; }
.alert { margin-top: 20px; padding: 12px 16px; border-radius: 10px; background: var(--warn-soft); color: var(--warn); max-width: 76ch; }
.cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: 14px; margin: 36px 0 0; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 18px 20px 16px; min-width: 0; }
.card dt { color: var(--soft); font-size: 14px; }
.card dd { font-size: 30px; line-height: 1.25; font-weight: 650; letter-spacing: -.015em; margin-top: 2px; }
.card dd.note { font-size: 13.5px; line-height: 1.4; font-weight: 400; letter-spacing: 0; color: var(--soft); margin-top: 4px; }
.card .good { color: var(--good); } .card .bad { color: var(--bad); } .card .warn { color: var(--warn); }
section { margin-top: 60px; }
h2 { font-size: 22px; letter-spacing: -.012em; font-weight: 650; line-height: 1.3; }
h3 { font-size: 16px; font-weight: 650; }
.lead { color: var(--soft); max-width: 76ch; margin-top: 4px; }
figure { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 18px 20px 12px; margin-top: 18px; }
figcaption p { color: var(--soft); font-size: 14.5px; max-width: 84ch; margin-top: 2px; }
figure svg { display: block; width: 100%; height: auto; margin-top: 10px; overflow: visible; }
svg.narrow { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; padding: 0; margin-top: 10px; font-size: 13.5px; color: var(--soft); }
.legend li { display: inline-flex; align-items: center; gap: 7px; }
.legend svg { display: inline-block; width: 20px; height: 12px; margin: 0; }
.defs { position: absolute; width: 0; height: 0; overflow: hidden; }
svg text { font: 12px/1 Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; fill: var(--ink); }
svg text.tick { fill: var(--faint); font-size: 11.5px; }
svg text.lane { fill: var(--soft); }
svg text.value { fill: var(--ink); font-weight: 600; }
.grid { stroke: var(--grid); stroke-width: 1; }
.base { stroke: var(--faint); stroke-width: 1; opacity: .7; }
.degraded { fill: var(--shade); fill-opacity: .45; }
.unmeasured { fill: url(#dots); fill-opacity: .8; stroke: var(--shade-edge); stroke-width: .5; stroke-dasharray: 3 2; }
.outage { fill: var(--shade); stroke: var(--shade-edge); stroke-width: .7; stroke-dasharray: 0; }
.fault-rule { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 3 3; opacity: .55; }
.flag { fill: var(--ink); }
svg text.flag-number { fill: var(--card); font-size: 10.5px; font-weight: 700; }
.n0 { --c: var(--n0); } .n1 { --c: var(--n1); } .n2 { --c: var(--n2); } .n3 { --c: var(--n3); } .n4 { --c: var(--n4); } .n5 { --c: var(--n5); } .nx { --c: var(--nx); }
.failed { --c: var(--failed); } .unknown { --c: var(--unknown); } .dropped { --c: var(--dropped); }
.p50 { --c: var(--p50); } .p99 { --c: var(--p99); } .max { --c: var(--max); }
.area { fill: var(--c); fill-opacity: .85; }
.line { fill: none; stroke: var(--c); stroke-width: 1.7; stroke-linejoin: round; }
.line.max { stroke-width: 1.2; } .line.p99 { stroke-dasharray: 5 2.5; }
.line.dense { stroke-dasharray: none; stroke-width: 1.1; }
.line.dash1 { stroke-dasharray: 7 3; } .line.dash2 { stroke-dasharray: 2 2.5; }
.slowest { fill: none; stroke: var(--ink); stroke-width: .9; opacity: .5; }
.bar { rx: 3px; }
.bar.primary { fill: var(--primary); } .bar.replica { fill: var(--replica); }
.bar.no-postgres { fill: url(#dots); stroke: var(--warn); stroke-width: .7; }
.bar.unreachable, .bar.out, .bar.nobody { fill: url(#hatch); stroke: var(--bad); stroke-width: .7; }
.bar.unseen { fill: url(#blank); stroke: var(--faint); stroke-width: .6; stroke-dasharray: 3 2; }
.bar.changing { fill: url(#dots); stroke: var(--faint); stroke-width: .6; }
.bar.held { fill: var(--c); }
.bar.served { fill: var(--served); }
.bar.fault-bar { fill: var(--ink); fill-opacity: .78; }
svg text.on { font-size: 11px; fill: var(--ink); }
svg text.on.primary, svg text.on.held { fill: var(--on-strong); font-weight: 600; }
svg text.on.fault-bar { fill: var(--card); }
svg text.on.replica { fill: var(--on-replica); }
svg text.on.unreachable, svg text.on.nobody, svg text.on.out { fill: var(--bad); font-weight: 600; paint-order: stroke; stroke: var(--card); stroke-width: 3px; stroke-linejoin: round; }
svg text.on.no-postgres { paint-order: stroke; stroke: var(--card); stroke-width: 3px; }
.bar.phase { fill: var(--accent); } .bar.phase-outside { fill: var(--unknown); } .bar.phase-open { fill: url(#hatch); stroke: var(--bad); stroke-width: .7; }
.bar.after { fill-opacity: .42; }
.bound { stroke: var(--soft); stroke-width: 1.2; }
.span { stroke: var(--ink); stroke-width: 1; }
.scroll { overflow-x: auto; margin-top: 12px; }
table { border-collapse: collapse; width: 100%; font-size: 14.5px; line-height: 1.45; }
th, td { text-align: left; vertical-align: top; padding: 8px 14px 8px 0; border-bottom: 1px solid var(--rule); }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-weight: 500; font-size: 13px; white-space: nowrap; vertical-align: bottom; }
tbody th { font-weight: 550; }
.num { text-align: right; white-space: nowrap; }
tr.bad td.num, tr.bad th { color: var(--bad); font-weight: 650; } tr.warn td.num { color: var(--warn); font-weight: 600; }
tr.zero td, tr.zero th { color: var(--faint); font-weight: 400; }
tr.group th { padding-top: 20px; color: var(--soft); font-size: 13px; font-weight: 500; }
tr.sum td, tr.sum th { font-weight: 650; }
td.ok { color: var(--good); } td.off { color: var(--warn); font-weight: 600; }
details { margin: 10px 0 6px; font-size: 14px; }
summary { cursor: pointer; color: var(--soft); padding: 4px 0; }
.story { margin-top: 14px; padding-left: 22px; max-width: 82ch; }
.story li { margin-top: 7px; }
.finding { display: grid; grid-template-columns: 160px 1fr; gap: 6px 24px; margin-top: 16px; padding-top: 14px; border-top: 1px solid var(--rule); }
.finding h3::before { display: inline-block; width: 1.3em; }
.finding .good::before { content: "✓"; color: var(--good); } .finding .bad::before { content: "✗"; color: var(--bad); }
.finding .warn::before { content: "!"; color: var(--warn); } .finding .plain::before { content: "–"; color: var(--faint); }
.facts { display: grid; grid-template-columns: repeat(3, 1fr); gap: 0 36px; margin-top: 14px; font-size: 14.5px; }
.facts div { display: flex; justify-content: space-between; gap: 16px; padding: 7px 0; border-bottom: 1px solid var(--rule); }
.facts dt { color: var(--soft); } .facts dd { text-align: right; font-weight: 550; min-width: 0; }
code, pre { font: 13.5px/1.6 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 14px 16px; margin: 14px 0 0; white-space: pre-wrap; overflow-wrap: anywhere; }
footer { margin-top: 56px; padding-top: 18px; border-top: 1px solid var(--rule); color: var(--soft); font-size: 13.5px; }
section.judged { padding-top: 34px; border-top: 1px solid var(--rule); }
.judged h2 { margin-top: 12px; }
section h3 + .scroll, section h3 + pre { margin-top: 8px; }
section > h3 { margin-top: 26px; }
.lead + .why { margin-top: 10px; }
.facts dd { overflow-wrap: anywhere; }
tr.implied td, tr.implied th { color: var(--faint); font-weight: 400; }
.runs td:nth-child(2) { overflow-wrap: anywhere; }
p.look { margin-top: 12px; color: var(--soft); }
pre.screen { margin-top: 4px; white-space: pre; overflow-x: auto; overflow-wrap: normal; font-size: 12px; }
.compared { margin-top: 14px; }
.compared thead th { white-space: normal; line-height: 1.3; }
.compared.columns td { white-space: normal; }
.compared small { display: block; color: var(--soft); font-size: 12.5px; white-space: normal; }
@media (min-width: 641px) { .compared td, .compared th { padding-right: 12px; } }
.verdict { white-space: nowrap; font-weight: 600; }
.verdict.pass { color: var(--good); } .verdict.fail { color: var(--bad); } .verdict.unknown { color: var(--warn); }
.is-bad { color: var(--bad); font-weight: 650; } .is-none { color: var(--faint); }
.alert .is-bad { color: inherit; }
@media (max-width: 760px) {
  .cards { grid-template-columns: repeat(2, 1fr); }
  .facts { grid-template-columns: 1fr; }
}
.below { display: block; max-width: 72ch; color: var(--soft); white-space: normal; overflow-wrap: anywhere; }
@media screen and (max-width: 640px) {
  main { padding: 28px 16px 48px; }
  .cards { gap: 10px; margin-top: 26px; }
  .card { padding: 14px 14px 12px; } .card dd { font-size: 24px; }
  section { margin-top: 44px; }
  figure { border: 0; background: none; border-radius: 0; padding: 0; margin-top: 22px; }
  svg.wide { display: none !important; } figure svg.narrow { display: block; }
  .finding { grid-template-columns: 1fr; gap: 2px; }
  table { font-size: 14px; }
  .classes td:last-child { font-size: 13px; }
  .steps thead { display: none; }
  .steps tr { display: block; padding: 10px 0; border-bottom: 1px solid var(--rule); }
  .steps th, .steps td { display: flex; justify-content: space-between; gap: 16px; border: 0; padding: 1px 0; text-align: right; white-space: normal; }
  .steps th { text-align: left; }
  .steps td::before { content: attr(data-name); color: var(--soft); text-align: left; }
  .steps td:empty { display: none; }
  .compared small { display: inline; }
  .expectations td:last-child { display: none; }
}
@media print {
  @page { margin: 14mm 13mm; }
  body { background: #fff; font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  section { margin-top: 26pt; }
  h1 { font-size: 21pt; } h2 { font-size: 14pt; break-after: avoid; }
  h3, figcaption { break-after: avoid; }
  .cards { grid-template-columns: repeat(4, 1fr); gap: 8pt; margin-top: 18pt; } .card { padding: 8pt 10pt; } .card dd { font-size: 17pt; } .card dd.note { font-size: 8.5pt; }
  figure { padding: 10pt 12pt 6pt; margin-top: 10pt; }
  figure, .card, tr, .finding, .facts div { break-inside: avoid; }
  .facts { grid-template-columns: repeat(3, 1fr); font-size: 9pt; gap: 0 20pt; }
  table { font-size: 9pt; } th, td { padding-top: 4pt; padding-bottom: 4pt; }
  svg text, svg text.lane { font-size: 13.5px; } svg text.tick { font-size: 13px; } svg text.on { font-size: 11.5px; }
  pre, #reproduce { break-inside: avoid; }
  details { display: none; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
`

/** Patterns that tell apart what colour alone would not. */
export const PATTERNS = `<svg class="defs" aria-hidden="true" focusable="false"><defs>
<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" height="7" style="fill:var(--bad-soft)"/><rect width="2" height="7" style="fill:var(--bad);opacity:.55"/></pattern>
<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" style="fill:var(--warn-soft)"/><circle cx="3" cy="3" r="1.1" style="fill:var(--warn)"/></pattern>
<pattern id="blank" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" style="fill:var(--card)"/></pattern>
</defs></svg>`
