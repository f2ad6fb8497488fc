/**
 * The page of a map as one HTML file that opens from disk: no network, and a policy in its head that forbids it. The
 * texts are no markup: they are zipped, in base64, and the script makes text nodes of them.
 */
import { gzipSync } from "node:zlib";
import { html } from "../../report/markup.ts";
import { htmlPage } from "../../report/page.ts";
import type { MapData, PackedMap } from "./map-data.ts";
import { pageScript } from "./page-script.ts";
import { style } from "./style.ts";

export function mapPage(data: MapData): string {
  const body = html`<canvas id="points" aria-hidden="true"></canvas>
<canvas id="surface" tabindex="0" role="application" aria-label="Map of the texts. Arrow keys move it, plus and minus zoom, 0 shows all of it, / goes to the search."></canvas>
<aside id="panel" class="card" aria-label="Search and clusters">
<div class="head">
<h1 id="title"></h1>
<p id="summary"></p>
<button id="toggle" type="button" aria-expanded="false" aria-controls="list">List</button>
<div class="field">
<input id="query" type="search" placeholder="Search the texts" aria-label="Search the texts" autocomplete="off" spellcheck="false">
<button id="clear" type="button" aria-label="Clear the search" hidden>✕</button><kbd aria-hidden="true">/</kbd>
</div>
<p id="status" role="status"></p>
</div>
<div id="list"></div>
</aside>
<section id="detail" class="card" aria-label="The picked text" hidden>
<header><span id="detail-cluster"></span><button id="unpin" type="button" aria-label="Close">✕</button></header>
<p id="detail-text" tabindex="-1"></p>
<h2 id="neighbors-title">Most alike</h2>
<div id="neighbors"></div>
</section>
<div id="tip" class="card" role="tooltip" hidden></div>
<div id="controls" class="card">
<button id="zoom-in" type="button" aria-label="Zoom in">+</button>
<button id="zoom-out" type="button" aria-label="Zoom out">−</button>
<button id="fit" type="button" aria-label="Show the whole map"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M1 5V1h4M11 1h4v4M15 11v4h-4M5 15H1v-4"/></svg></button>
</div>
<noscript>This map is drawn by JavaScript, which is switched off here.</noscript>
<script type="application/octet-stream" id="data">${packed(data)}</script>`;
  return htmlPage({
    title: "Map of texts",
    style,
    script: { code: pageScript(), type: "module" },
    head: html`<meta name="generator" content="hpd map">`,
    body,
  });
}

function packed(data: MapData): string {
  const plain: PackedMap = {
    ...data,
    positions: base64(data.positions),
    topicOf: base64(data.topicOf),
    neighbors: base64(data.neighbors),
    similarities: base64(data.similarities),
  };
  return gzipSync(JSON.stringify(plain)).toString("base64");
}

function base64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
