/** Light and dark as the reader's system has it; tables become cards where there is no room. */
export const STYLE = `:root {
  color-scheme: light dark;
  --ground: light-dark(#fbfbf8, #16181c);
  --panel: light-dark(#ffffff, #1f2329);
  --ink: light-dark(#1c1e21, #e8e9ea);
  --quiet: light-dark(#5b6068, #a3a9b2);
  --line: light-dark(#d5d7da, #3a4048);
  --accent: light-dark(#0b57a4, #8ec5ff);
  --on-accent: light-dark(#ffffff, #10151b);
  --good: light-dark(#1b6b3a, #7fd69b);
  --bad: light-dark(#a3212b, #ff9b9b);
  --warn: light-dark(#865200, #f3c267);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
header, main { max-width: 68rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.25rem; }
h1 { margin: 0; font-size: 1.6rem; }
h2 { margin: 0 0 .5rem; font-size: 1.15rem; }
header p, small, label { color: var(--quiet); }
header p { margin: 0; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .75rem 0 1rem; border-bottom: 1px solid var(--line); }
nav a { padding: .5rem 0; color: var(--accent); text-decoration: none; }
nav a[aria-current] { color: var(--ink); font-weight: 600; box-shadow: inset 0 -3px var(--accent); }
nav a:last-child { margin-left: auto; }
section { margin-bottom: 1rem; overflow-x: auto; padding: 1rem; background: var(--panel); border: 1px solid var(--line); border-radius: .6rem; }
label { display: block; margin-bottom: .25rem; }
.row { display: flex; flex-wrap: wrap; gap: .6rem; }
input[type=search], select { flex: 1 1 16rem; min-width: 0; max-width: 100%; }
input, select, button, .button { min-height: 2.75rem; padding: .4rem .8rem; font: inherit; color: var(--ink);
  background: var(--ground); border: 1px solid var(--quiet); border-radius: .4rem; }
button, .button { display: inline-flex; align-items: center; cursor: pointer; text-decoration: none; }
button { background: var(--accent); color: var(--on-accent); border-color: var(--accent); font-weight: 600; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -99rem; padding: .5rem 1rem; background: var(--panel); }
.skip:focus { left: .5rem; top: .5rem; z-index: 1; }
.cards { margin: 0; padding: 0; list-style: none; display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: .5rem; }
.cards a { display: block; height: 100%; padding: .6rem .8rem; color: inherit; text-decoration: none; border: 1px solid var(--line); border-radius: .4rem; }
.cards a:hover { border-color: var(--accent); }
.cards small { display: block; }
code { font: .9em ui-monospace, monospace; color: var(--quiet); overflow-wrap: anywhere; }
.message { margin: 0 0 1rem; padding: .7rem 1rem; background: var(--panel); border: 1px solid var(--warn); border-left-width: .4rem; border-radius: .4rem; }
.message p { margin: 0; }
.message.good { border-color: var(--good); }
.message.bad { border-color: var(--bad); }
table { width: 100%; border-collapse: collapse; margin-bottom: .75rem; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--quiet); font-weight: 600; }
th, td { padding: .4rem .6rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td code { display: block; }
time, .figure { white-space: nowrap; }
tr.lost td:last-child { color: var(--bad); font-weight: 600; }
tr.waiting td:last-child, tr.unmarked td:last-child, tr.unknown td:last-child, tr.late td { color: var(--warn); }
tr.synced td:last-child { color: var(--good); }
@media (max-width: 48rem) {
  .stack thead { display: none; }
  .stack, .stack tbody, .stack tr, .stack td { display: block; }
  .stack tr { padding: .6rem 0; border-bottom: 1px solid var(--line); }
  .stack td { display: grid; grid-template-columns: 8.5rem 1fr; gap: .5rem; padding: .1rem 0; border: 0; }
  .stack td::before { content: attr(data-label); color: var(--quiet); font-weight: 400; }
  .stack td code { grid-column: 2; }
  .row > button, .row form, .row form button { flex: 1 1 auto; justify-content: center; }
}
`
