/**
 * Largest scores of groups of rows with many queries, by the runtime's threads: a matrix product, of which only the
 * maximum of each group is returned. For cosine, dot and euclidean similarity, which are made of products.
 */
import { createSession } from "#runtime";
import { add, constant, divide, input, multiply, reshape } from "../graph/build.ts";
import { matmul, max, norm } from "../graph/build-differentiable.ts";
import { compileForInference } from "../graph/lower-inference.ts";
import type { Session } from "../runtime/session.ts";
import type { SimilarityFunction } from "../similarity/similarity.ts";
import type { Embeddings } from "../tensor/embeddings.ts";

/** Scores of a call: they stay in the processor's last-level cache, and outweigh the cost of the call. */
const scoresAtOnce = 2 ** 20;

export interface GroupScores {
  /** `[groups, queries]` */
  readonly maxima: Float32Array;
  /** `[rows]`: the length of each row, at least 1e-12. */
  readonly lengths: Float32Array;
}

export class ScoreSession {
  /** Rows of a group. */
  readonly groupSize: number;
  readonly #session: Session;

  private constructor(session: Session, groupSize: number) {
    this.#session = session;
    this.groupSize = groupSize;
  }

  /** @throws HpdError `runtime` without a runtime */
  static async create(
    name: Exclude<SimilarityFunction, "manhattan">,
    dimension: number,
    groupSize: number,
  ): Promise<ScoreSession> {
    const queries = input("queries", "float32", ["sequence", dimension]);
    const rows = input("rows", "float32", ["batch", dimension]);
    const lengths = norm(rows);
    const products = matmul(name === "cosine" ? divide(rows, lengths) : rows, queries, { transposeB: true });
    const halfSquares = multiply(constant(-0.5), multiply(lengths, lengths));
    const scores = name === "euclidean" ? add(products, halfSquares) : products;
    const maxima = groupSize === 1 ? scores : max(reshape(scores, ["tokens", groupSize, "sequence"]), 1);
    const session = await createSession(compileForInference({ maxima, lengths }, "fp32"), {});
    return new ScoreSession(session, groupSize);
  }

  /** Number of calls of `score` that run at the same time. */
  get concurrency(): number {
    return this.#session.concurrency;
  }

  /** Number of rows for a call with so many queries. */
  rowsAtOnce(queries: number): number {
    return this.groupSize * Math.max(Math.floor(scoresAtOnce / queries / this.groupSize), 1);
  }

  /** Scores all rows with all queries; both are copied. Rows of zeros fill up the last group. */
  async score(queries: Embeddings, rows: Embeddings): Promise<GroupScores> {
    const { dimension } = rows;
    const count = Math.ceil(rows.count / this.groupSize) * this.groupSize;
    const copied = new Float32Array(count * dimension);
    copied.set(rows.data);
    const { maxima, lengths } = await this.#session.run({
      queries: { dtype: "float32", shape: [queries.count, dimension], data: queries.data.slice() },
      rows: { dtype: "float32", shape: [count, dimension], data: copied },
    });
    return { maxima: maxima!.data as Float32Array, lengths: lengths!.data as Float32Array };
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}
