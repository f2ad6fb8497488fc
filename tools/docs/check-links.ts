/** Every link and source of the built site: each file is there, each anchor has its element, and nothing is loaded from elsewhere. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const site = new URL("../../site/", import.meta.url);
const pages = readdirSync(site, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".html"));
const texts = new Map(pages.map((page) => [page, readFileSync(new URL(page, site), "utf8")]));
const ids = new Map(
  [...texts].map(([page, html]) => [page, new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!))]),
);

const dead: string[] = [];
let count = 0;
for (const [page, html] of texts) {
  for (const [, tag, name, value] of html.matchAll(/<(a|link|script|img|source)\b[^>]*?\s(href|src)="([^"]*)"/g)) {
    const url = new URL(value!.replaceAll("&amp;", "&"), `http://site/${page}`);
    count++;
    if (url.protocol === "data:") continue;
    if (url.host !== "site") {
      // A link to another site is followed by its reader; everything else would be loaded with the page.
      if (tag !== "a") dead.push(`${page}: <${tag} ${name}="${value}"> is loaded from elsewhere`);
      continue;
    }
    const path = decodeURIComponent(url.pathname).slice(1);
    const file = path === "" || path.endsWith("/") ? `${path}index.html` : path;
    if (!existsSync(new URL(file, site))) dead.push(`${page}: ${value} leads nowhere`);
    else if (url.hash !== "" && !ids.get(file)?.has(decodeURIComponent(url.hash.slice(1)))) {
      dead.push(`${page}: ${value} has no such anchor`);
    }
  }
}
for (const line of dead) console.error(line);
console.log(`${texts.size} pages, ${count} links, ${dead.length} dead, in ${fileURLToPath(site)}`);
if (dead.length > 0) process.exitCode = 1;
