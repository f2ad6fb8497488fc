/** The search page of a server with an index: one HTML file that asks `/search` and nothing else. */
import { policyOf } from "../../report/content-security-policy.ts";
import { html } from "../../report/markup.ts";
import { htmlPage } from "../../report/page.ts";
import { pageScript } from "./page-script.ts";
import { style } from "./style.ts";

let page: { readonly text: string; readonly policy: string } | undefined;

/** The page with its headers, which allow what it needs and nothing else. */
export function searchPage(): Response {
  page ??= makePage();
  return new Response(page.text, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `${page.policy}; frame-ancestors 'none'`,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-cache",
    },
  });
}

function makePage() {
  const code = pageScript();
  const text = htmlPage({
    title: "Search",
    style,
    script: { code, type: "module" },
    asksServer: true,
    head: html`<meta name="generator" content="hpd serve">`,
    body: html`<header>
<h1>Search</h1>
<form id="form" role="search">
<div class="field">
<input id="query" type="search" aria-label="Search" placeholder="Ask a question, or type words" autocomplete="off" spellcheck="false" maxlength="10000" autofocus>
<button type="submit">Search</button>
</div>
<div class="choices">
<label id="index-choice" hidden>in <select id="index"></select></label>
<label>by <select id="mode"><option value="hybrid">meaning and words</option><option value="vector">meaning</option><option value="text">words</option></select></label>
<label>show <select id="top"><option>10</option><option>25</option><option>50</option></select></label>
<label id="rerank-choice" hidden><input id="rerank" type="checkbox"> rerank</label>
<button id="add-filter" type="button" hidden>Add a filter</button>
</div>
<div id="filters"></div>
<div id="key-choice" hidden><label for="key">This server asks for a key</label> <input id="key" type="password" autocomplete="off"> <button id="use-key" type="button">Use it</button></div>
</form>
</header>
<main>
<p id="status" role="status"></p>
<p id="error" role="alert" hidden></p>
<ol id="hits" aria-label="Passages"></ol>
<noscript>This page searches by JavaScript, which is switched off here.</noscript>
</main>
<footer><kbd>/</kbd> search <kbd>↓</kbd> <kbd>↑</kbd> passages <kbd>Esc</kbd> back</footer>
`,
  });
  return { text, policy: policyOf([code], true) };
}
