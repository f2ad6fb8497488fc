/** The style sheet of a map's page: light or dark as the reader's system, for wide screens and phones. */
import { hues } from "./hues.ts";

const huesOf = hues.light.map((light, index) => `--hue${index}: light-dark(${light}, ${hues.dark[index]});`).join(" ");

export const style = `
:root {
  --page: light-dark(#fbfbf9, #14161a);
  --card: light-dark(rgb(255 255 255 / .9), rgb(29 32 37 / .9));
  --hover: light-dark(#f0f1f3, #2a2e35);
  ${huesOf}
}
[hidden] { display: none !important; }
html, body { height: 100%; margin: 0; overflow: hidden; overscroll-behavior: none; }
body { font-size: 14px; line-height: 1.45; }
canvas { position: fixed; inset: 0; width: 100vw; height: 100vh; height: 100dvh; opacity: 0; transition: opacity .5s; }
.ready canvas { opacity: 1; }
#surface { touch-action: none; cursor: grab; outline: none; }
#surface:active { cursor: grabbing; }
#surface:focus-visible { box-shadow: inset 0 0 0 2px var(--accent); }
button, input { font: inherit; color: inherit; }
button { background: none; border: 0; padding: 0; text-align: left; cursor: pointer; }
button:focus-visible, #detail-text:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
#detail-text:focus-visible { outline-offset: 4px; border-radius: 3px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; backdrop-filter: blur(14px); box-shadow: 0 6px 28px rgb(0 0 0 / .07); }
#panel { position: fixed; top: 16px; bottom: 16px; left: 16px; width: 340px; display: flex; flex-direction: column; overflow: hidden; }
.head { padding: 18px 18px 12px; border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 19px; line-height: 1.25; letter-spacing: -.015em; overflow-wrap: anywhere; max-height: 3.8em; overflow: hidden; }
#summary { margin: 2px 0 12px; color: var(--quiet); font-size: 13px; }
.field { position: relative; display: flex; }
#query { width: 100%; padding: 8px 34px 8px 12px; border: 1px solid var(--line); border-radius: 9px; background: var(--page); outline: none; appearance: none; }
#query::-webkit-search-cancel-button { display: none; }
#query:focus { border-color: var(--accent); box-shadow: 0 0 0 3px color-mix(in srgb, var(--accent) 22%, transparent); }
.field kbd, #clear { position: absolute; right: 8px; top: 50%; translate: 0 -50%; width: 22px; height: 22px; line-height: 20px; text-align: center; border-radius: 6px; color: var(--quiet); font: 12px/20px inherit; }
.field kbd { border: 1px solid var(--line); font-size: 12px; pointer-events: none; }
#query:focus ~ kbd, #clear:not([hidden]) ~ kbd { display: none; }
#clear:hover, #unpin:hover { background: var(--hover); color: var(--ink); }
#status { margin: 8px 0 0; font-size: 13px; color: var(--quiet); }
#status:empty { display: none; }
#list { flex: 1; overflow-y: auto; padding: 8px; scrollbar-width: thin; overscroll-behavior: contain; }
.cluster, .text { display: grid; grid-template-columns: 12px 1fr auto; gap: 10px; align-items: baseline; width: 100%; padding: 6px 10px; border-radius: 8px; }
.cluster { grid-template-columns: 12px 1fr auto 40px; gap: 8px; }
.cluster:hover, .text:hover { background: var(--hover); }
.cluster[aria-pressed="true"] { background: color-mix(in srgb, var(--accent) 13%, transparent); }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--quiet); }
.name b { font-weight: 600; color: var(--ink); }
.count, .part { color: var(--quiet); font-size: 12.5px; text-align: right; }
.swatch { display: inline-block; width: 10px; height: 10px; border-radius: 50%; flex: none; }
.topics { padding: 2px 10px 8px 32px; font-size: 12.5px; color: var(--quiet); }
.topics:empty { display: none; }
.topics > div { display: flex; justify-content: space-between; gap: 10px; padding: 2px 48px 2px 0; }
.topics span:first-child { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.chips { display: flex; flex-wrap: wrap; gap: 6px; padding: 4px 8px 8px; }
.chip { display: inline-flex; align-items: center; gap: 6px; padding: 3px 10px; border: 1px solid var(--line); border-radius: 99px; font-size: 12.5px; }
.chip:hover { background: var(--hover); }
.chip small { color: var(--quiet); }
.chip[aria-pressed="true"] { border-color: var(--accent); background: color-mix(in srgb, var(--accent) 13%, transparent); }
.text { font-size: 13.5px; }
.text > span:not(.count) { overflow-wrap: anywhere; display: -webkit-box; -webkit-line-clamp: 3; -webkit-box-orient: vertical; overflow: hidden; }
.more { width: 100%; padding: 8px 10px; color: var(--accent); text-align: center; border-radius: 8px; }
.more:hover { background: var(--hover); }
#detail { position: fixed; top: 16px; right: 16px; width: 348px; max-height: calc(100dvh - 32px); display: flex; flex-direction: column; overflow: hidden; }
#detail header { display: flex; justify-content: space-between; gap: 8px; align-items: start; padding: 14px 12px 0 18px; }
#detail-cluster { color: var(--quiet); font-size: 12.5px; }
#unpin { flex: none; width: 26px; height: 26px; border-radius: 7px; text-align: center; color: var(--quiet); margin-top: -3px; }
#detail-text { margin: 4px 18px 14px; font-size: 15.5px; line-height: 1.45; overflow-y: auto; overflow-wrap: anywhere; white-space: pre-wrap; min-height: 1.5em; max-height: 46dvh; }
#neighbors-title { margin: 0; padding: 10px 18px 2px; border-top: 1px solid var(--line); font-size: 12px; font-weight: 600; letter-spacing: .02em; color: var(--quiet); }
#neighbors { overflow-y: auto; padding: 2px 8px 10px; }
#tip { position: fixed; z-index: 3; max-width: min(380px, 80vw); max-height: 50vh; overflow: hidden; padding: 8px 12px; border-radius: 10px; pointer-events: none; overflow-wrap: anywhere; white-space: pre-wrap; font-size: 13.5px; }
#controls { position: fixed; right: 16px; bottom: 16px; display: flex; flex-direction: column; overflow: hidden; border-radius: 11px; }
#controls button { width: 36px; height: 36px; text-align: center; font-size: 18px; line-height: 1; }
#controls button:hover { background: var(--hover); }
#controls button + button { border-top: 1px solid var(--line); }
#controls svg { width: 15px; height: 15px; fill: none; stroke: currentColor; stroke-width: 1.7; vertical-align: -2px; }
#toggle { display: none; }
noscript, #failure { position: fixed; inset: 0; display: grid; place-items: center; padding: 2rem; text-align: center; }
@media (max-width: 719px) {
  #panel { top: 10px; left: 10px; right: 10px; bottom: auto; width: auto; max-height: calc(100dvh - 20px); }
  .head { padding: 12px 14px 12px; border-bottom: 0; display: grid; grid-template-columns: 1fr auto; column-gap: 10px; }
  .open .head { border-bottom: 1px solid var(--line); }
  h1 { font-size: 16px; max-height: 1.25em; text-overflow: ellipsis; white-space: nowrap; }
  #summary { margin-bottom: 8px; font-size: 12.5px; }
  .field, #status { grid-column: 1 / -1; }
  #query { font-size: 16px; }
  #toggle { display: block; grid-row: 1 / 3; grid-column: 2; align-self: start; padding: 5px 12px; border: 1px solid var(--line); border-radius: 99px; font-size: 13px; }
  .field kbd { display: none; }
  #panel:not(.open) #list { display: none; }
  #detail { top: auto; left: 10px; right: 10px; bottom: 10px; width: auto; max-height: 42dvh; overflow-y: auto; }
  #detail-text, #neighbors { overflow: visible; max-height: none; }
  #controls { display: none; }
}
@media (prefers-reduced-motion: reduce) { canvas { transition: none; } }
@media print { #controls { display: none; } }
`;
