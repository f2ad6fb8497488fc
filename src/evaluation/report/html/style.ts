/** The style sheet of the report: light and dark, narrow and wide screens, print. */

export const style = `
:root {
  --model0: var(--accent);
  --model1: light-dark(#0f9a8a, #4fd0c0);
  --model2: light-dark(#b45fcf, #d79aec);
  --model3: light-dark(#c98a12, #eab950);
  --baseline: light-dark(#a3a8af, #6d737b);
  --over: light-dark(#d9480f, #ff8a57);
  --under: light-dark(#7048e8, #b197fc);
  --better: light-dark(#15803d, #5fd38a);
  --worse: light-dark(#c2255c, #ff7aa5);
}
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 64px; }
header { margin-bottom: 28px; }
h1 { font-size: 30px; line-height: 1.2; letter-spacing: -0.02em; margin: 4px 0 6px; overflow-wrap: anywhere; }
h2 { font-size: 19px; letter-spacing: -0.01em; margin: 0 0 4px; }
h3 { font-size: 15px; margin: 30px 0 2px; overflow-wrap: anywhere; }
p { margin: 0 0 12px; max-width: 75ch; }
.over-title { font-size: 12px; font-weight: 600; letter-spacing: 0.08em; text-transform: uppercase; color: var(--quiet); margin: 0; }
.quiet { color: var(--quiet); }
.small { font-size: 13px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 22px 24px; margin-top: 20px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 14px; font-size: 13px; }
.swatch { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 7px; background: var(--color); }
.bars { display: grid; grid-template-columns: max-content 1fr max-content; gap: 10px 14px; align-items: center; }
.bars .name { font-weight: 550; }
.bars .rule { grid-column: 1 / -1; border-top: 1px solid var(--line); }
.scale { grid-column: 2; display: flex; justify-content: space-between; font-size: 11px; color: var(--quiet); }
.scale span { width: 0; display: flex; justify-content: center; }
.tracks, .values { display: grid; gap: 3px; }
.values { text-align: right; font-weight: 550; font-size: 13px; line-height: 16px; }
.track {
  position: relative; height: 16px; border-radius: 3px;
  background: repeating-linear-gradient(90deg, var(--line) 0 1px, transparent 1px 20%);
}
.bar { position: absolute; inset: 0 auto 0 0; border-radius: 0 3px 3px 0; background: var(--color); opacity: 0.82; }
.interval { position: absolute; top: 50%; height: 2px; margin-top: -1px; background: var(--ink); min-width: 2px; }
.interval::before, .interval::after { content: ""; position: absolute; top: -3px; width: 2px; height: 8px; background: var(--ink); }
.interval::before { left: 0; }
.interval::after { right: 0; }
.forest .track { background: none; }
.forest .zero { position: absolute; inset: -8px auto -8px 0; width: 1px; background: var(--quiet); }
.forest .interval, .forest .interval::before, .forest .interval::after { background: var(--color); }
.dot { position: absolute; top: 50%; width: 10px; height: 10px; margin: -5px 0 0 -5px; border-radius: 50%; background: var(--color); }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: right; padding: 6px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead th { font-size: 12.5px; font-weight: 600; color: var(--quiet); }
tr:last-child > td { border-bottom: 0; }
.scatters { display: grid; grid-template-columns: repeat(auto-fill, minmax(290px, 1fr)); gap: 22px 24px; }
.scatters figure { margin: 0; }
figcaption { display: flex; justify-content: space-between; gap: 8px; font-size: 13.5px; margin-bottom: 2px; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { fill: var(--quiet); font-size: 11px; }
svg .axis { stroke: var(--line); fill: none; }
svg .points { fill: none; stroke: var(--color); stroke-width: 3.2; stroke-linecap: round; stroke-opacity: 0.28; }
svg .wrong { fill: var(--color); stroke: var(--card); }
.over { --color: var(--over); }
.under { --color: var(--under); }
details { border-top: 1px solid var(--line); }
summary { cursor: pointer; padding: 10px 0; font-weight: 600; }
summary:focus-visible { outline: 2px solid var(--model0); outline-offset: 2px; border-radius: 4px; }
.pair { display: grid; grid-template-columns: 1fr 118px 118px; gap: 4px 18px; padding: 10px 0 10px 12px; margin-bottom: 8px; border-left: 3px solid var(--color); }
.pair p { margin: 0; overflow-wrap: anywhere; }
.pair .figure { text-align: right; font-weight: 600; }
.pair .figure small { display: block; font-weight: 400; color: var(--quiet); }
.tag { color: var(--color); font-weight: 600; font-size: 12.5px; }
footer { margin-top: 24px; font-size: 13px; color: var(--quiet); }
@media (max-width: 560px) {
  main { padding: 24px 14px 40px; }
  section { padding: 16px 14px; }
  h1 { font-size: 24px; }
  .pair { grid-template-columns: 1fr 1fr; }
  .pair .texts { grid-column: 1 / -1; }
  .pair .figure { text-align: left; }
}
@media print { body { background: none; } section, .tile { break-inside: avoid; } }
`;
