/** The process that measures: what goes wrong in it comes back, and it ends when it is told to. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { measureCost } from "../../src/evaluation/index.ts";
import { fixture, withFiles } from "../encode/model-folder.ts";

const texts = Array.from({ length: 150 }, (_, index) => "word ".repeat(index % 30) + index);

test("figures of a tiny model", async () => {
  const cost = await measureCost(fixture("hpd-tinybert-like"), {}, texts);
  expect(cost).toMatchObject({ parameters: expect.any(Number), fileBytes: 132_724 });
  // float32, and some constants of the graph.
  expect(cost.weightBytes / (4 * cost.parameters)).toBeCloseTo(1, 1);
  expect(cost.singleP99Milliseconds).toBeGreaterThanOrEqual(cost.singleP50Milliseconds);
  expect(cost.sentencesPerSecond).toBeGreaterThan(0);
}, 120_000);

test("a Router without a default route is measured, too", async () => {
  const router = JSON.parse(await readFile(join(fixture("router"), "router_config.json"), "utf8"));
  const parameters = { ...router.parameters, default_route: null, allow_empty_key: false };
  await using files = await withFiles("router", { "router_config.json": { ...router, parameters } });
  expect((await measureCost(files.path, { workers: 1 }, texts)).sentencesPerSecond).toBeGreaterThan(0);
}, 120_000);

test("an error has its code on this side of the process too", async () => {
  await expect(measureCost(fixture("none"), {}, texts)).rejects.toMatchObject({ name: "HpdError", code: "not_found" });
}, 120_000);

test("a signal ends it with its reason", async () => {
  const controller = new AbortController();
  const measuring = measureCost(fixture("bert"), {}, texts, controller.signal);
  controller.abort(new Error("enough"));
  await expect(measuring).rejects.toThrow("enough");
  await expect(measureCost(fixture("bert"), {}, texts, controller.signal)).rejects.toThrow("enough");
});
