/** What is read when: a session is made of the layers' weights while the tables are on their way. */
import { expect, test } from "vitest";
import { createSession } from "#runtime";
import { startReading } from "../../src/encode/read-model.ts";
import type { ModelSource } from "../../src/hub/model-source.ts";
import { openModel } from "../../src/hub/node.ts";
import { fixture } from "./model-folder.ts";

/** The fixture, whose last tensor to be read, the table, comes when `table()` resolves. */
async function withTableLater(table: () => Promise<void>): Promise<ModelSource & { isClosed: () => boolean }> {
  const source = await openModel(fixture("bert"), {});
  let isClosed = false;
  return {
    ...source,
    isClosed: () => isClosed,
    open: async (file) => {
      const bytes = await source.open(file);
      if (file !== "model.safetensors") return bytes;
      return {
        ...bytes,
        read: async (offset, length, into) => {
          if (length === tableBytes) await table();
          return await bytes.read(offset, length, into);
        },
        close: async () => {
          isClosed = true;
          await bytes.close();
        },
      };
    },
  };
}

/** 142 tokens of 16 float32. */
const tableBytes = 142 * 16 * 4;

async function graphOf({ model }: ReturnType<typeof startReading>) {
  const [route] = (await model).routes.values();
  const { code } = route!.compiled;
  if (!("graph" in code)) throw new Error("no graph");
  return code.graph;
}

test("the model is there before its table; who runs it waits for the table", async () => {
  let arrive!: () => void;
  const table = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const source = await withTableLater(() => table);
  const reading = startReading(source, { workers: 0 }, () => {});
  const graph = await graphOf(reading);
  const [lookup] = graph.lookups;
  const rows = graph.weights.subarray(lookup!.offset, lookup!.offset + tableBytes);
  expect(rows.every((byte) => byte === 0)).toBe(true);
  const order: string[] = [];
  const session = createSession(graph, { workers: 0 }).finally(() => order.push("session"));
  await new Promise((resolve) => setTimeout(resolve, 100));
  order.push("table");
  expect(source.isClosed()).toBe(false);
  arrive();
  await reading.whole;
  await (await session).dispose();
  expect(order).toEqual(["table", "session"]);
  expect(rows.every((byte) => byte === 0)).toBe(false);
  expect(source.isClosed()).toBe(true);
});

test("a table that can't be read fails the session and the reading, and the file is closed", async () => {
  const source = await withTableLater(() => Promise.reject(new Error("no table")));
  const reading = startReading(source, { workers: 0 }, () => {});
  const graph = await graphOf(reading);
  await expect(createSession(graph, { workers: 0 })).rejects.toThrow("no table");
  await expect(createSession(graph, { workers: 1 })).rejects.toThrow("no table");
  await expect(reading.whole).rejects.toThrow("no table");
  expect(source.isClosed()).toBe(true);
});
