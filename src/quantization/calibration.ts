/** Runs a model over the calibration text: embeddings to compare with, and the statistics of what products take. */
import { createSession } from "#runtime";
import { batchInputs } from "../encode/batch-inputs.ts";
import { compileForInference } from "../graph/lower-inference.ts";
import { type Graph, inputNames, type Node } from "../graph/node.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { InputStatistics } from "./input-statistics.ts";
import type { MatrixProducts } from "./matrix-products.ts";
import type { ProductGroup } from "./products.ts";

/** Texts as tokens. */
export interface CalibrationTexts {
  readonly ids: readonly Int32Array[];
  readonly padId: number;
}

/** The common context of all runs. */
export interface RunContext {
  readonly workers: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Called with the number of texts that are done. */
  readonly onDone: (texts: number) => void;
}

/** The output of all graphs here, [batch, dimension]. */
export const embeddingOutput = "sentence_embedding";

/** Tokens of a batch whose activations are looked at: those of all layers are in memory at once. */
const observedTokens = 256;
const comparedTokens = 1024;

/** The embedding of each text, as the graph is stored or in float32. */
export async function embed(
  graph: Graph,
  texts: CalibrationTexts,
  dtype: "fp32" | undefined,
  context: RunContext,
): Promise<Float32Array[]> {
  const embeddings = new Array<Float32Array>(texts.ids.length);
  await eachBatch(graph, texts, { ...context, dtype, tokens: comparedTokens }, (outputs, indices) => {
    const { data, shape } = outputs[embeddingOutput] as Tensor<"float32">;
    const width = shape[1]!;
    for (const [row, index] of indices.entries()) embeddings[index] = data.slice(row * width, (row + 1) * width);
  });
  return embeddings;
}

/** The statistics of what the products of each group take, over all tokens of the texts but padding. */
export async function observe(
  groups: readonly ProductGroup[],
  texts: CalibrationTexts,
  by: MatrixProducts,
  context: RunContext,
): Promise<Map<ProductGroup, InputStatistics>> {
  const tokens = texts.ids.reduce((sum, { length }) => sum + length, 0);
  const statistics = new Map<ProductGroup, InputStatistics>();
  const observed: { readonly node: Node; readonly of: InputStatistics }[] = [];
  for (const group of groups) {
    const of = new InputStatistics(group.inputs[0]!.shape[1] as number, tokens * group.inputs.length);
    statistics.set(group, of);
    for (const node of group.inputs) observed.push({ node, of });
  }
  const graph = Object.fromEntries(observed.map(({ node }, at) => [`observed ${at}`, node]));
  const settings = { ...context, dtype: "fp32", tokens: observedTokens } as const;
  await eachBatch(graph, texts, settings, async (outputs, indices, sequence) => {
    for (const [at, { of }] of observed.entries()) {
      const { data } = outputs[`observed ${at}`] as Tensor<"float32">;
      for (const [row, index] of indices.entries()) {
        const start = row * sequence * of.width;
        await of.add(data.subarray(start, start + texts.ids[index]!.length * of.width), by);
      }
    }
  });
  for (const of of statistics.values()) await of.finish(by);
  return statistics;
}

interface BatchContext extends RunContext {
  readonly dtype: "fp32" | undefined;
  /** Maximum tokens of a batch. */
  readonly tokens: number;
}

type VisitBatch = (
  outputs: Readonly<Record<string, Tensor>>,
  indices: readonly number[],
  sequence: number,
) => void | Promise<void>;

async function eachBatch(
  graph: Graph,
  { ids, padId }: CalibrationTexts,
  { dtype, tokens, workers, signal, onDone }: BatchContext,
  visit: VisitBatch,
): Promise<void> {
  signal?.throwIfAborted();
  const names = inputNames(graph);
  const session = await createSession(compileForInference(graph, dtype), { workers });
  try {
    const batches = batchesOf(ids, tokens);
    let next = 0;
    let done = 0;
    // Visited in their order, so that sums of what they hold have the same bits each time.
    let visited = Promise.resolve();
    const work = async (): Promise<void> => {
      while (next < batches.length) {
        signal?.throwIfAborted();
        const indices = batches[next++]!;
        const inputs: Readonly<Record<string, Tensor>> = batchInputs(
          indices.map((index) => ids[index]!),
          padId,
          0,
        );
        const [, sequence] = inputs.input_ids!.shape as [number, number];
        const running = session.run(Object.fromEntries(names.map((name) => [name, inputs[name]!])));
        const before = visited;
        visited = Promise.all([running, before]).then(async ([outputs]) => {
          signal?.throwIfAborted();
          await visit(outputs, indices, sequence);
          done += indices.length;
          onDone(done);
        });
        await visited;
      }
    };
    await Promise.all(Array.from({ length: Math.min(session.concurrency, batches.length) }, work));
  } finally {
    await session.dispose();
  }
}

/** Positions of texts of like lengths, longest first. */
function batchesOf(ids: readonly Int32Array[], tokens: number): number[][] {
  const order = ids.map((_, index) => index).sort((a, b) => ids[b]!.length - ids[a]!.length);
  const batches: number[][] = [];
  for (let start = 0; start < order.length; ) {
    const size = Math.max(1, Math.floor(tokens / Math.max(ids[order[start]!]!.length, 1)));
    batches.push(order.slice(start, start + size));
    start += size;
  }
  return batches;
}
