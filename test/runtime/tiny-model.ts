/** The smallest model of a session, and the threads that sessions start. */
import { Worker } from "node:worker_threads";
import { vi } from "vitest";
import { gather, input, parameter } from "../../src/graph/build.ts";
import { compileForInference } from "../../src/graph/lower-inference.ts";
import type { NamedTensors, SessionModel } from "../../src/runtime/session.ts";

/** Looks up 4 rows of 2: [1, 2], [3, 4], ... */
export function tinyModel(): Promise<SessionModel> {
  const data = Float32Array.from({ length: 8 }, (_, index) => index + 1);
  const table = parameter("table", { dtype: "float32", shape: [4, 2], data });
  return compileForInference({ rows: gather(table, input("ids", "int32", ["batch", "sequence"])) }, "fp32");
}

export function ids(...values: number[]): NamedTensors {
  return { ids: { dtype: "int32", shape: [1, values.length], data: Int32Array.from(values) } };
}

/** Input of a run that takes some tenths of a second. */
export function manyIds(): NamedTensors {
  return { ids: { dtype: "int32", shape: [1, 2 ** 22], data: new Int32Array(2 ** 22).fill(1) } };
}

/** The threads that were started, in order, found by what is sent to them. */
export function watchWorkers(): Set<Worker> {
  const workers = new Set<Worker>();
  const { postMessage } = Worker.prototype;
  vi.spyOn(Worker.prototype, "postMessage").mockImplementation(function (this: Worker, ...args) {
    workers.add(this);
    return postMessage.apply(this, args);
  });
  return workers;
}
