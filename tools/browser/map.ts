/**
 * Opens pages of `hpd map` in a real browser, headless Chromium, from disk: looks, types, clicks, points, zooms, and leaves
 * pictures of what it saw. With WebGL, without, and where it fails. See README.md.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { buildMap, mapHtml } from "../../dist/map/index.js";
import { Embeddings } from "../../dist/tensor/embeddings.js";

const pictures = join(import.meta.dirname, "pictures");
rmSync(pictures, { recursive: true, force: true });
mkdirSync(pictures);

const hostile = `<img src=x onerror="window.broken=1"></script><script>window.broken=1</script>`;
const subjects = ["credit card", "guitar chords", "black holes", "sourdough bread", "marathon training", "tax return"];

// Texts of six subjects around six places, so that the map is known beforehand.
let state = 7;
const chance = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
const noise = () => chance() + chance() + chance() - 1.5;

function example(count: number) {
  const texts = Array.from({ length: count }, (_, index) =>
    index === 0 ? hostile : `Question ${index} about ${subjects[index % 6]}, number ${index % 97}`,
  );
  const rows = texts.map((_, index) => Array.from({ length: 16 }, (_, i) => (i === index % 6 ? 3 : 0) + noise()));
  return { texts, rows };
}

const expect = (isTrue: boolean, what: string) => {
  console.log(`${isTrue ? "ok    " : "FAILED"}  ${what}`);
  if (!isTrue) process.exitCode = 1;
};

const { texts, rows } = example(900);
const map = await buildMap(texts, Embeddings.fromRows(rows), { clusters: 6 });
const small = join(pictures, "map.html");
writeFileSync(small, mapHtml(map, { title: `Six subjects ${hostile}` }));

// Many points, where only the page is measured: the layout is given.
const many = 50_000;
const large = join(pictures, "map-50000.html");
const crowd = example(many);
writeFileSync(
  large,
  mapHtml({
    texts: crowd.texts,
    coordinates: Float32Array.from({ length: 2 * many }, (_, at) => {
      const angle = ((Math.floor(at / 2) % 6) * Math.PI) / 3;
      return 8 * (at % 2 === 0 ? Math.cos(angle) : Math.sin(angle)) + 3 * noise();
    }),
    clusters: subjects.map((subject, at) => ({ terms: [subject], size: many / 6, center: at })),
    topics: subjects.map((subject, at) => ({ terms: [subject], size: many / 6, center: at, cluster: at })),
    topicOf: Uint32Array.from({ length: many }, (_, at) => at % 6),
    neighbors: {
      count: many,
      k: 5,
      ids: Uint32Array.from({ length: 5 * many }, (_, at) => (Math.floor(at / 5) + 6 * (1 + (at % 5))) % many),
      similarities: new Float32Array(5 * many).fill(0.8),
    },
  }),
);

async function open(
  browser: Browser,
  file: string,
  options: Parameters<Browser["newContext"]>[0] = {},
  before: () => void = () => {},
) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  await context.addInitScript(before);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !/GPU stall|GL Driver/.test(message.text()))
      complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith("file:")) complaints.push(`asks for ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector("body.ready", { timeout: 120_000 });
  return { page, complaints };
}

const text = (page: Page, selector: string) => page.locator(selector).innerText();
const settle = (page: Page) => page.waitForTimeout(1500);
const picture = (page: Page, name: string) => page.screenshot({ path: join(pictures, `${name}.png`) });

async function walk(browser: Browser, name: string, hasWebgl: boolean) {
  const { page, complaints } = await open(browser, small);
  const isWebgl = await page.evaluate(
    () => !!document.querySelector<HTMLCanvasElement>("#points")?.getContext("webgl2"),
  );
  expect(isWebgl === hasWebgl, `${name}: ${hasWebgl ? "draws by WebGL" : "draws without WebGL"}`);
  expect((await page.title()).includes(hostile), `${name}: a hostile title is text`);
  expect((await page.locator(".cluster").count()) === 6, `${name}: six clusters are listed`);
  const names = await page.locator(".cluster .name b").allInnerTexts();
  expect(
    subjects.every((subject) => names.includes(subject)),
    `${name}: they are named ${names.join(", ")}`,
  );
  await settle(page);
  await picture(page, `${name}-whole`);

  await page.keyboard.press("/");
  await page.keyboard.type("guitar chor");
  const count = texts.filter((each) => each.includes("guitar chor")).length;
  expect(
    (await text(page, "#status")).startsWith(`${count} texts (17 %) in 1 cluster`),
    `${name}: typing finds ${count} texts`,
  );
  expect(page.url().endsWith("#q=guitar+chor"), `${name}: the address has the search`);
  await settle(page);
  await picture(page, `${name}-search`);
  await page.keyboard.press("Escape");
  expect(
    (await page.inputValue("#query")) === "" && (await text(page, "#status")) === "",
    `${name}: Escape ends the search`,
  );

  await page.locator(".cluster").nth(2).click();
  await settle(page);
  expect(page.url().endsWith("#cluster=3"), `${name}: a click picks a cluster`);
  expect((await page.locator('.cluster[aria-pressed="true"]').count()) === 1, `${name}: the list says which`);
  await picture(page, `${name}-cluster`);

  // The cluster fills the screen, so that points lie around its middle.
  let tip = "";
  for (let x = 600; x < 1300 && tip === ""; x += 7) {
    await page.mouse.move(x, 450);
    if (await page.locator("#tip").isVisible()) {
      tip = await text(page, "#tip");
      await picture(page, `${name}-hover`);
      await page.mouse.click(x, 450);
    }
  }
  expect(texts.includes(tip), `${name}: pointing shows a text: ${tip}`);
  expect((await text(page, "#detail-text")) === tip, `${name}: a click pins it`);
  expect((await page.locator("#neighbors .text").count()) === 8, `${name}: and lists eight like it`);
  await picture(page, `${name}-pinned`);
  await page.locator("#neighbors .text").first().click();
  expect((await text(page, "#detail-text")) !== tip, `${name}: one of them can be picked`);

  const before = await page.locator("#surface").screenshot();
  await page.mouse.move(900, 450);
  await page.mouse.wheel(0, -600);
  await settle(page);
  const zoomed = await page.locator("#surface").screenshot();
  expect(!before.equals(zoomed), `${name}: the wheel zooms`);
  await page.mouse.down();
  await page.mouse.move(800, 380, { steps: 5 });
  await page.mouse.up();
  await settle(page);
  expect(!zoomed.equals(await page.locator("#surface").screenshot()), `${name}: dragging moves the map`);

  await page.goto(`${pathToFileURL(small).href}#text=1`);
  await page.reload();
  await page.waitForSelector("body.ready");
  const linked = await text(page, "#detail-text");
  expect(linked === hostile, `${name}: a link picks a text, and hostile HTML is text: ${linked}`);
  expect(await page.evaluate(() => !("broken" in window)), `${name}: nothing of it runs`);
  expect(complaints.length === 0, `${name}: no complaints, no network ${complaints.join("; ")}`);
  await page.close();
}

/** What has the focus: an id, a cluster's place in the list, or a class. */
const active = (page: Page) =>
  page.evaluate(() => {
    const { id, dataset, className } = document.activeElement as HTMLElement;
    return id || dataset.cluster || className;
  });

async function walkByKeys(browser: Browser) {
  const { page, complaints } = await open(browser, small);
  const isTaken = (key: string, modifiers: KeyboardEventInit) =>
    page.evaluate(
      ([key, modifiers]) => {
        const event = new KeyboardEvent("keydown", { key, ...modifiers, bubbles: true, cancelable: true });
        document.querySelector("#surface")!.dispatchEvent(event);
        return event.defaultPrevented;
      },
      [key, modifiers] as const,
    );
  expect(
    (await isTaken("+", {})) && (await isTaken("ArrowLeft", {})) && (await isTaken("/", {})),
    "keys: plus, arrows and / are the map's",
  );
  expect(
    !(await isTaken("+", { ctrlKey: true })) &&
      !(await isTaken("0", { metaKey: true })) &&
      !(await isTaken("/", { ctrlKey: true })) &&
      !(await isTaken("ArrowLeft", { altKey: true })),
    "keys: with Ctrl, Cmd or Alt they are the browser's",
  );

  await page.locator(".cluster").nth(2).focus();
  await page.keyboard.press("Enter");
  expect((await active(page)) === "2" && page.url().endsWith("#cluster=3"), "keys: a picked cluster keeps the focus");
  await page.keyboard.press("Enter");
  expect((await active(page)) === "2" && !page.url().includes("#"), "keys: and so does one that is no longer picked");

  await page.keyboard.press("/");
  await page.keyboard.type("question");
  await page.locator(".more").focus();
  await page.keyboard.press("Enter");
  const first = page.locator("#list .text").nth(100);
  expect(
    (await active(page)) === "text" && (await first.evaluate((row) => row === document.activeElement)),
    "keys: after Show more, the first new text has the focus",
  );
  await page.keyboard.press("Enter");
  expect(await first.evaluate((row) => row === document.activeElement), "keys: a picked text keeps it");
  await page.locator("#neighbors .text").first().focus();
  await page.keyboard.press("Enter");
  expect((await active(page)) === "detail-text", "keys: after a neighbour, its text has it");
  await settle(page);
  await picture(page, "keys-neighbor");
  await page.keyboard.press("Escape");
  expect((await active(page)) === "surface", "keys: after the card, the map has it");
  await page.locator("#list .text").first().focus();
  await page.keyboard.press("Escape");
  expect((await active(page)) === "query", "keys: after what was found, the search has it");

  const names = await page.locator(".cluster .name b").allInnerTexts();
  await page.locator(".cluster").nth(names.indexOf("guitar chords")).click();
  await page.fill("#query", "question");
  await settle(page);
  const cluster = await page.locator("#surface").screenshot();
  await page.keyboard.press("Enter");
  await settle(page);
  expect(
    cluster.equals(await page.locator("#surface").screenshot()),
    "search in a cluster: Enter shows what was found there",
  );
  await page.fill("#query", "sourdough");
  const count = texts.filter((each) => each.includes("sourdough")).length;
  expect(
    (await text(page, "#status")) === `0 of ${count} texts in the picked cluster`,
    `search in a cluster without any: ${await text(page, "#status")}`,
  );
  await settle(page);
  await picture(page, "search-elsewhere");
  await page.locator('.chip[aria-pressed="true"]').click();
  expect((await page.locator("#list .text").count()) === 100, "search in a cluster: it can be left");
  expect(complaints.length === 0, `keys: no complaints ${complaints.join("; ")}`);
  await page.close();
}

/** A driver whose shaders don't work. */
function breakWebgl() {
  WebGL2RenderingContext.prototype.getProgramParameter = () => false;
}

async function lookWithBrokenWebgl(browser: Browser) {
  const { page, complaints } = await open(browser, small, {}, breakWebgl);
  await settle(page);
  const isPainted = await page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>("#points")!;
    const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels?.some((value) => value > 0) === true;
  });
  expect(isPainted && complaints.length === 0, `broken WebGL: draws without it ${complaints.join("; ")}`);
  await picture(page, "broken-webgl");
  await page.close();
}

const start = (...args: string[]) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-sync", ...args],
  });

const browser = await start("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist");
await walk(browser, "webgl", true);
await walkByKeys(browser);
await lookWithBrokenWebgl(browser);

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
for (const colorScheme of ["light", "dark"] as const) {
  for (const [device, options] of [
    ["wide", {}],
    ["phone", phone],
  ] as const) {
    const { page, complaints } = await open(browser, small, { ...options, colorScheme });
    await settle(page);
    await picture(page, `${device}-${colorScheme}`);
    if (device === "phone") {
      await page.tap("#toggle");
      expect(await page.locator("#list").isVisible(), `${device} ${colorScheme}: the list opens`);
      await picture(page, `${device}-${colorScheme}-list`);
      const isClosed = async () =>
        !(await page.locator("#list").isVisible()) && (await page.getAttribute("#toggle", "aria-expanded")) === "false";
      await page.locator(".cluster").nth(1).tap();
      expect(await isClosed(), `${device} ${colorScheme}: a cluster picked from it is seen`);
      await settle(page);
      await picture(page, `${device}-${colorScheme}-cluster`);
      await page.fill("#query", "number 4");
      await page.tap("#toggle");
      await page.locator("#list .text").first().tap();
      expect(
        (await isClosed()) && (await page.locator("#detail").isVisible()),
        `${device} ${colorScheme}: and so is a text`,
      );
      await settle(page);
      await picture(page, `${device}-${colorScheme}-text`);
    }
    const isWider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(
      !isWider && complaints.length === 0,
      `${device} ${colorScheme}: fits, no complaints ${complaints.join("; ")}`,
    );
    await page.close();
  }
}

const opened = performance.now();
const { page, complaints } = await open(browser, large);
console.log(`${many} texts: there after ${Math.round(performance.now() - opened)} ms`);
const typed = await page.evaluate(() => {
  const query = document.querySelector<HTMLInputElement>("#query")!;
  query.value = "sourdough number 4";
  const start = performance.now();
  query.dispatchEvent(new Event("input"));
  return performance.now() - start;
});
console.log(`${many} texts: a search takes ${typed.toFixed(0)} ms`);
// How long the script takes for a frame; the drawing itself is the graphics card's, which is none here.
const frame = await page.evaluate(async () => {
  const original = window.requestAnimationFrame;
  const times: number[] = [];
  window.requestAnimationFrame = (callback) =>
    original((now) => {
      const start = performance.now();
      callback(now);
      times.push(performance.now() - start);
    });
  for (let step = 0; step < 40; step++) {
    document
      .querySelector("#surface")!
      .dispatchEvent(
        new WheelEvent("wheel", { deltaY: step < 20 ? -60 : 60, clientX: 900, clientY: 450, cancelable: true }),
      );
    await new Promise((resolve) => original(resolve));
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
});
console.log(`${many} texts: the script takes ${frame.toFixed(1)} ms a frame (median)`);
await picture(page, "many");
expect(complaints.length === 0, `${many} texts: no complaints ${complaints.join("; ")}`);
await browser.close();

const withoutWebgl = await start("--disable-gpu", "--disable-webgl", "--disable-3d-apis");
await walk(withoutWebgl, "canvas", false);
await withoutWebgl.close();
