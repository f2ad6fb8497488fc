/** Style sheet and script of the report: light and dark, wide and narrow. */

export const style = `
:root { --color-1: var(--accent); --color-2: light-dark(#e07a1f, #ffab5c); --good: light-dark(#16803c, #5dd08a); }
body { margin: 0 auto; max-width: 1180px; padding: 2rem 1.25rem 3rem; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .9rem; margin-bottom: 1.25rem; }
h1 { margin: 0; font-size: 1.55rem; overflow-wrap: anywhere; }
h2 { margin: 2rem 0 .75rem; font-size: 1.1rem; }
h3 { margin: 0; font-size: .95rem; font-weight: 600; }
.status { padding: 0 .6rem; border: 1px solid currentColor; border-radius: 99px; font-size: .8rem; color: var(--quiet); }
.status.done { color: var(--good); }
.subtitle { flex-basis: 100%; color: var(--quiet); overflow-wrap: anywhere; }
.charts, .tables { display: grid; gap: .9rem; }
.tiles { margin-bottom: .9rem; }
figure, table { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.charts, .tables { grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); align-items: start; }
.charts > :first-child { grid-column: 1 / -1; --height: 320px; }
figure { margin: 0; padding: .8rem .9rem .3rem; min-width: 0; }
figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .2rem 1rem; margin-bottom: .8rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0 1rem; color: var(--quiet); font-size: .85rem; }
.key::before { content: ""; display: inline-block; width: 1.1em; height: 3px; border-radius: 2px; margin-right: .4em;
  vertical-align: .25em; background: var(--color); }
.key.ring::before { width: .8em; height: .8em; border-radius: 50%; vertical-align: -.08em; background: none;
  border: 2px solid var(--good); }
.color-1 { --color: var(--color-1); } .color-2 { --color: var(--color-2); }
.plot { position: relative; height: var(--height, 190px); margin: 0 .5rem 1.6rem 3.6rem; }
.plot > * { position: absolute; }
svg { width: 100%; height: 100%; overflow: visible; }
path { fill: none; stroke: var(--color); stroke-width: 1.8; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.noise { stroke-width: 1; opacity: .35; }
.dot { stroke-width: 6; stroke-linecap: round; }
.grid { stroke: var(--line); stroke-width: 1; }
.x, .y { color: var(--quiet); font-size: 11px; line-height: 1; white-space: nowrap; }
.x { top: calc(100% + 8px); translate: -50% 0; } .y { right: calc(100% + 8px); translate: 0 -50%; }
.mark { width: 15px; height: 15px; margin: -7.5px; border: 2px solid var(--good); border-radius: 50%; }
.cursor { top: 0; bottom: 0; width: 1px; background: var(--quiet); opacity: 0; }
output { display: block; min-height: 1.5em; color: var(--quiet); font-size: .85rem; }
table { width: 100%; border-spacing: 0; font-size: .9rem; }
th, td { padding: .35rem .9rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
tr + tr > * { border-top: 1px solid var(--line); }
th { width: 40%; font-weight: 400; color: var(--quiet); }
footer { margin-top: 2rem; color: var(--quiet); font-size: .85rem; }
`;

/** The script that shows the values under the pointer. */
export const script = `
for (const figure of document.querySelectorAll("figure")) {
  const { unit, end, series } = JSON.parse(figure.dataset.chart);
  const plot = figure.querySelector(".plot"), cursor = figure.querySelector(".cursor"), output = figure.querySelector("output");
  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const near = series.map(([name, points]) => {
      const [, value] = points.reduce((a, b) => (Math.abs(b[0] - part * end) < Math.abs(a[0] - part * end) ? b : a));
      return name + " " + value;
    });
    cursor.style.cssText = "opacity:.6;left:" + part * 100 + "%";
    output.textContent = unit + " " + Math.round(part * end).toLocaleString("en-US") + ": " + near.join(", ");
  });
  plot.addEventListener("pointerleave", () => { cursor.style.opacity = 0; output.textContent = ""; });
}
`;
