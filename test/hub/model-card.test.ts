import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openModel, readModelCard } from "../../src/hub/node.ts";
import { home, hub, id, useTinyHub } from "./tiny-hub.ts";

useTinyHub();

describe("a model's card", () => {
  test("is read from a folder", async () => {
    const folder = join(home, "model");
    mkdirSync(folder);
    expect(await readModelCard(folder)).toBeUndefined();
    writeFileSync(join(folder, "README.md"), "# Mine");
    expect(await readModelCard(folder)).toBe("# Mine");
  });

  test("is fetched from the hub, and only where it is asked for", async () => {
    await openModel(id);
    expect(hub.bodies()).not.toContain("README.md");
    expect(await readModelCard(id)).toBe("# Tiny");
    expect(await readModelCard("bare")).toBe("# Tiny");
    expect(hub.bodies()).toContain("README.md");
  });

  test("is read from the cache without the hub", async () => {
    expect(await readModelCard(id, { localFilesOnly: true })).toBeUndefined();
    await readModelCard(id);
    hub.requests.length = 0;
    expect(await readModelCard(id, { localFilesOnly: true })).toBeUndefined();
    await openModel(id);
    expect(await readModelCard(id, { localFilesOnly: true })).toBe("# Tiny");
    await hub.close();
    expect(await readModelCard(id)).toBe("# Tiny");
  });

  test("is none where there is no such model, or the hub is gone", async () => {
    expect(await readModelCard("org/nothing")).toBeUndefined();
    expect(await readModelCard("no id, no folder")).toBeUndefined();
    await hub.close();
    expect(await readModelCard(id)).toBeUndefined();
  });

  test("stops with its signal", async () => {
    const reason = new Error("stop");
    await expect(readModelCard(id, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
