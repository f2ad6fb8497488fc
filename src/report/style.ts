/** The style that all reports share: colours in light and dark, fonts, tiles. A page may redefine any of it. */
export const baseStyle = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f6f3, #15171a);
  --card: light-dark(#ffffff, #1e2125);
  --ink: light-dark(#1c1e21, #e9e9e6);
  --quiet: light-dark(#63676d, #9fa4ab);
  --line: light-dark(#e3e3de, #33373d);
  --accent: light-dark(#2f5fd0, #7ea2ff);
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px; margin: 0; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px; }
.tile dt { font-size: 12.5px; color: var(--quiet); }
.tile dd { margin: 0; font-size: 25px; font-weight: 650; letter-spacing: -0.02em; line-height: 1.3; }
.tile small { display: block; font-size: 12.5px; font-weight: 400; letter-spacing: 0; color: var(--quiet); }
`;
