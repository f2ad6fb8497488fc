/**
 * Opens the search page of `hpd serve` in a real browser, headless Chromium: searches, filters, walks by the keyboard, asks
 * for a key, and leaves pictures of what it saw. See README.md.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { CrossEncoder } from "../../dist/cross-encoder/index.js";
import { buildIndex, PassageIndex } from "../../dist/passage-index/index.js";
import { createServer, listen } from "../../dist/server/index.js";

const pictures = join(import.meta.dirname, "pictures-search");
rmSync(pictures, { recursive: true, force: true });
mkdirSync(pictures);
const folder = mkdtempSync(join(tmpdir(), "hpd-search-page-"));
const hostile = `<img src=x onerror="window.broken=1"></script><script>window.broken=1</script>`;

const expect = (isTrue: boolean, what: string) => {
  console.log(`${isTrue ? "ok    " : "FAILED"}  ${what}`);
  if (!isTrue) process.exitCode = 1;
};

mkdirSync(join(folder, "notes"));
writeFileSync(
  join(folder, "notes/releases.md"),
  "# Releases\n\n## Roll back\n\nRun the deploy command with the last version to roll back a release.\n\n## Fridays\n\nNobody may deploy on a Friday.\n",
);
const rows = ["Solar panels on the roof.", "The canteen opens at eleven.", `A note ${hostile}`].map((text, at) =>
  JSON.stringify({ text, year: 2020 + at, author: ["Jane", "Omar", "Ann"][at] }),
);
writeFileSync(join(folder, "notes/rows.jsonl"), rows.join("\n"));
await buildIndex([join(folder, "notes")], { out: join(folder, "notes.index") });
const index = await PassageIndex.open(join(folder, "notes.index"));
const model = await index.model();
const other = await PassageIndex.create(join(folder, "other.index"), { model });
await other.add([{ id: "fig-1", text: "Figs are purple.", metadata: { tags: ["fruit", "tree"] } }]);
const judge = await CrossEncoder.load(join(import.meta.dirname, "../../test/fixtures/cross-encoders/bert-1"));
const models = [
  { name: "model", model },
  { name: "judge", model: judge },
];
const open = await listen(createServer(models, { indexes: [{ name: "notes", index }] }), { port: 0 });
const both = [
  { name: "notes", index },
  { name: "other", index: other },
];
const locked = await listen(createServer(models, { indexes: both, apiKeys: ["secret"] }), { port: 0 });

async function visit(browser: Browser, url: string, options: Parameters<Browser["newContext"]>[0] = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(`asks for ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}

const settled = (page: Page) =>
  page.waitForFunction(() => !document.querySelector("#status")?.textContent?.includes("…"));
const hits = (page: Page) => page.locator("#hits li");
const active = (page: Page) =>
  page.evaluate(() => document.activeElement?.id || document.activeElement?.querySelector("h2")?.textContent || "");
const picture = (page: Page, name: string) => page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });

async function search(page: Page, text: string) {
  await page.fill("#query", text);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => /passage|Nothing/.test(document.querySelector("#status")?.textContent ?? ""));
  await settled(page);
}

async function walk(browser: Browser) {
  const { page, complaints } = await visit(browser, open.url);
  await page.waitForSelector("body.ready");
  expect((await active(page)) === "query", "the query has the focus");
  expect((await page.locator("#status").innerText()) === "5 passages", "the size of the index is told");
  expect((await page.title()) === "notes – Search", "its name is the title");
  await search(page, "how do we roll back a release?");
  const [best] = await hits(page).allInnerTexts();
  expect(best!.includes("notes/releases.md:1–5") && best!.includes("Roll back"), `the best passage: ${best}`);
  expect((await page.locator("mark").count()) > 2, "words of the query are marked");
  expect(page.url().includes("#q=how+do+we"), "the address has the query");
  await picture(page, "found");

  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const second = await active(page);
  await page.keyboard.press("ArrowUp");
  const first = await active(page);
  expect(first.startsWith("notes/releases.md") && first !== second, "the arrow keys walk the passages");
  await page.keyboard.press("ArrowUp");
  expect((await active(page)) === "query", "and back to the query");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Escape");
  expect((await active(page)) === "query", "Escape goes to the query");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("/");
  expect((await active(page)) !== "query", "/ in a list of choices is the browser's");

  await search(page, "note");
  expect((await page.locator("#hits").innerText()).includes(hostile), "hostile HTML is text");
  expect(await page.evaluate(() => !("broken" in window)), "nothing of it runs");

  await page.click("#add-filter");
  expect((await page.evaluate(() => document.activeElement?.className)) === "name", "a new filter has the focus");
  await page.selectOption(".filter .name", "year");
  await page.selectOption(".filter .operator", "≤");
  await page.fill(".filter .value", "2020");
  await search(page, "note");
  expect((await hits(page).count()) === 1, "a filter on numbers");
  await page.selectOption(".filter .name", "author");
  await page.selectOption(".filter .operator", "=");
  await page.fill(".filter .value", "Omar");
  await page.focus("#query");
  await search(page, "note");
  expect((await hits(page).allInnerTexts())[0]!.includes("canteen"), "a filter on texts");
  await picture(page, "filtered");
  await page.click(".filter .remove");
  await page.selectOption("#mode", "text");
  await settled(page);
  await search(page, "zebra");
  expect((await page.locator("#status").innerText()) === "Nothing found", "nothing found is told");
  await page.check("#rerank");
  await page.selectOption("#mode", "hybrid");
  await search(page, "deploy");
  expect((await hits(page).count()) === 5, "reranked");
  await page.goto(`${open.url}/#q=solar`);
  await page.reload();
  await hits(page).first().waitFor();
  expect((await hits(page).first().innerText()).includes("Solar panels"), "a link searches");
  expect(complaints.length === 0, `no complaints ${complaints.join("; ")}`);
  await page.close();
}

async function unlock(browser: Browser) {
  const { page, complaints } = await visit(browser, locked.url);
  await page.locator("#key").waitFor();
  expect((await active(page)) === "key", "a key is asked for");
  await page.fill("#key", "wrong");
  await page.keyboard.press("Enter");
  await page.locator("#error").waitFor();
  expect((await page.locator("#error").innerText()).includes("key is wrong"), "a wrong one is told");
  await page.fill("#key", "secret");
  await page.keyboard.press("Enter");
  await page.waitForSelector("body.ready");
  expect(!(await page.locator("#key").isVisible()) && (await active(page)) === "query", "the right one opens");
  await page.selectOption("#index", "other");
  await search(page, "figs");
  expect((await hits(page).first().innerText()).includes("fig-1:1"), "another index, with a document of a program");
  await picture(page, "key");
  // The browser itself tells of the two requests without the key.
  expect(
    complaints.every((each) => each.includes("401")),
    `no other complaints ${complaints.join("; ")}`,
  );
  await page.close();
}

async function look(browser: Browser) {
  for (const colorScheme of ["light", "dark"] as const) {
    const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
    const { page } = await visit(browser, open.url, { ...phone, colorScheme });
    await page.waitForSelector("body.ready");
    await search(page, "deploy on Friday");
    const isWider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(!isWider, `phone ${colorScheme}: fits`);
    const unnamed = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("input, select, button, ol")]
        .filter((each) => each.checkVisibility())
        .filter((each) => !each.ariaLabel && !each.textContent?.trim() && !(each as HTMLInputElement).labels?.length)
        .map(({ id }) => id),
    );
    expect(unnamed.length === 0, `phone ${colorScheme}: every control has a name ${unnamed.join()}`);
    await picture(page, `phone-${colorScheme}`);
    await page.close();
  }
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-sync"],
});
try {
  await walk(browser);
  await unlock(browser);
  await look(browser);
} finally {
  await browser.close();
  await Promise.all([open.dispose(), locked.dispose()]);
  await Promise.all([index.dispose(), other.dispose(), judge.dispose()]);
  rmSync(folder, { recursive: true, force: true });
}
