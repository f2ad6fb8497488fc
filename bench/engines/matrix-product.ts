/**
 * One single-threaded onnxruntime session that multiplies 1024 x 1024 float32 matrices for two seconds a round. One such
 * process for each core, all at once, gives the machine's peak for this runtime.
 */
import * as ort from "onnxruntime-node";
import { serveCommands } from "./serve.ts";

const size = 1024;
const secondsARound = 2;

const built = new URL("../../dist/formats/onnx.js", import.meta.url).href;
const { encodeOnnx } = (await import(built)) as typeof import("../../src/formats/onnx.ts");
const values = Float32Array.from({ length: size * size }, () => Math.random() - 0.5);
const model = encodeOnnx({
  graph: {
    name: "product",
    nodes: [{ opType: "MatMul", inputs: ["x", "w"], outputs: ["y"] }],
    initializers: [{ name: "w", dtype: "float32", shape: [size, size], data: new Uint8Array(values.buffer) }],
    inputs: [{ name: "x", dtype: "float32", shape: [size, size] }],
    outputs: [{ name: "y", dtype: "float32", shape: [size, size] }],
  },
  opsets: { "": 21 },
});
const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
const x = new ort.Tensor("float32", values, [size, size]);
await session.run({ x });

await serveCommands(
  {},
  {
    async product() {
      const begin = performance.now();
      let products = 0;
      while (performance.now() - begin < secondsARound * 1000) {
        await session.run({ x });
        products++;
      }
      const seconds = (performance.now() - begin) / 1000;
      return { gigaflops: (products * 2 * size ** 3) / seconds / 1e9 };
    },
  },
);
