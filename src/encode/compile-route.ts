/** Compiles the modules of a pipeline for a session. */
import { HpdError } from "../errors.ts";
import type { CompiledGraph } from "../graph/compiled-graph.ts";
import { interpret, type StaticProgram } from "../graph/interpret.ts";
import { type Arithmetic, arithmeticOf, compileForInference } from "../graph/lower-inference.ts";
import { inputNames } from "../graph/node.ts";
import { type Features, inputFeatures } from "../modules/features.ts";
import type { AnyInput, Pipeline, SparseStaticInput } from "../modules/input-module.ts";
import { type Module, requireFeature } from "../modules/module.ts";
import { weightsOfTokens } from "../modules/sparse-static-embedding.ts";

export type ModelOutput = "sentence_embedding" | "token_embeddings";

/** A compiled pipeline. Its only weights are those of the session. */
export interface CompiledRoute {
  /** A graph for the runtime, or a program that needs none. */
  readonly code: { readonly graph: CompiledGraph } | { readonly program: StaticProgram };
  /** Resolves when the tables of the graph, which no session needs before it runs, are read. */
  readonly tables: Promise<void>;
  /** The inputs of the graph; unused ones are not among them. */
  readonly inputs: readonly string[];
  readonly dimension: number;
  /** Whether its last module scales embeddings to length 1. */
  readonly isNormalized: boolean;
  /** Size of the compiled weights. */
  readonly bytes: number;
  /** Arithmetic of the products. */
  readonly arithmetic: Arithmetic;
}

/**
 * @param name of the model, for messages
 * @throws HpdError `invalid_model` where the modules don't give that output
 */
export async function compileRoute(
  { input, modules }: Pipeline<AnyInput>,
  output: ModelOutput,
  dtype: "fp32" | "int8" | undefined,
  name: string,
): Promise<CompiledRoute> {
  if (output === "token_embeddings" && input.kind === "StaticEmbedding") {
    throw new HpdError("invalid_argument", `${name} has no token embeddings: a StaticEmbedding embeds whole texts`);
  }
  if (input.kind === "SparseStaticEmbedding") return routeOfWeights(input, modules.slice(1), name);
  const features = modules.reduce<Features>((before, module) => module.build(before), inputFeatures());
  const node = requireFeature("encode", features, output);
  const dimension = node.shape.at(-1);
  const expected = output === "sentence_embedding" ? "batch" : "batch,sequence";
  if (typeof dimension !== "number" || String(node.shape.slice(0, -1)) !== expected) {
    throw new HpdError(
      "invalid_model",
      `${name}: ${output} should have shape [${expected},dimension], the modules give [${node.shape}]`,
    );
  }
  const graph = { [output]: node };
  const program = interpret(node);
  const code = program === undefined ? { graph: await compileForInference(graph, dtype) } : { program };
  return {
    code,
    tables: "program" in code ? Promise.resolve() : code.graph.tables,
    inputs: inputNames(graph),
    dimension,
    isNormalized: modules.findLast(({ type }) => type !== "Dropout")?.type === "Normalize",
    bytes: "program" in code ? code.program.bytes : code.graph.weights.length,
    arithmetic: "program" in code ? "fp32" : arithmeticOf(graph, dtype),
  };
}

/** A route without a network. @param after the modules after the first */
function routeOfWeights({ weights }: SparseStaticInput, after: readonly Module[], name: string): CompiledRoute {
  if (after.length > 0) {
    const types = after.map(({ type }) => type).join(", ");
    throw new HpdError(
      "unsupported",
      `${name}: a SparseStaticEmbedding should be the last module, got ${types} after it`,
    );
  }
  const program = weightsOfTokens(weights);
  return {
    code: { program },
    tables: Promise.resolve(),
    inputs: ["input_ids", "attention_mask"],
    dimension: program.width,
    isNormalized: false,
    bytes: program.bytes,
    arithmetic: "fp32",
  };
}
