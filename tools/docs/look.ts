/**
 * Opens the built site in headless Chromium: no errors, nothing asked of other hosts, a search that finds, and pictures in
 * `pictures/` to look at. CHROMIUM names the program where it is not /usr/bin/chromium.
 */
import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { chromium, type Page } from "playwright-core";

const site = new URL("../../site/", import.meta.url);
const pictures = new URL("pictures/", import.meta.url).pathname;
const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

const server = createServer(async (request, response) => {
  const path = decodeURIComponent(new URL(request.url!, "http://site").pathname).slice(1);
  const file = path === "" || path.endsWith("/") ? `${path}index.html` : path;
  const bytes = await readFile(new URL(file, site)).catch(() => undefined);
  response.writeHead(bytes === undefined ? 404 : 200, {
    "content-type": types[extname(file)] ?? "application/octet-stream",
  });
  response.end(bytes);
}).listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const problems: string[] = [];
await mkdir(pictures, { recursive: true });

async function open(width: number, height: number): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height } });
  page.setDefaultTimeout(120_000);
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && problems.push(`${page.url()}: ${message.text()}`));
  page.on("requestfailed", (request) => problems.push(`${page.url()}: ${request.url()} failed`));
  page.on("request", (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith("data:"))
      problems.push(`asked ${request.url()}`);
  });
  return page;
}

const desktop = await open(1280, 900);
const views = {
  home: "/",
  guide: "/guide/start.html",
  search: "/guide/search.html",
  api: "/api/index.html",
  module: "/api/hpd/index.html",
  class: "/api/hpd/classes/SentenceTransformer.html",
  interface: "/api/hpd/interfaces/EncodeOptions.html",
  benchmarks: "/benchmarks.html",
  example: "/examples/rag-over-markdown.html",
};
for (const [name, path] of Object.entries(views)) {
  await desktop.goto(origin + path, { waitUntil: "networkidle" });
  await desktop.screenshot({ path: `${pictures}${name}.png` });
}
await desktop.emulateMedia({ colorScheme: "dark" });
await desktop.goto(`${origin}/guide/encode.html`, { waitUntil: "networkidle" });
await desktop.screenshot({ path: `${pictures}dark.png` });

await desktop.keyboard.press("Control+k");
await desktop.locator("#localsearch-input").fill("quantize");
await desktop.locator("#localsearch-list li").first().waitFor();
await desktop.screenshot({ path: `${pictures}found.png` });
await desktop.keyboard.press("Enter");
await desktop.waitForURL((url) => !url.pathname.startsWith("/guide/encode") || url.hash !== "");

const phone = await open(390, 844);
for (const [name, path] of Object.entries({ home: "/", search: "/guide/search.html", class: views.class })) {
  await phone.goto(origin + path, { waitUntil: "networkidle" });
  await phone.screenshot({ path: `${pictures}phone-${name}.png` });
  const wide = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) problems.push(`${path}: ${wide} pixels wider than a phone`);
}

await browser.close();
server.close();
for (const problem of problems) console.error(problem);
console.log(`${problems.length} problems; pictures in ${pictures}`);
if (problems.length > 0) process.exitCode = 1;
