/**
 * Cross-entropy over the texts of a batch: an anchor's own positive against all other positives and all negatives. It
 * is the InfoNCE loss with in-batch negatives; with the same text twice, whose dropout differs, it is unsupervised
 * SimCSE's. Batches may be large: see `Program`. Source: sentence-transformers 6.2, `MultipleNegativesRankingLoss`.
 */
import { requireNonNegative, requireOptionalOneOf, requirePositive } from "../../common/arguments.ts";
import { describe } from "../../common/json.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { activation, add, constant, multiply, normalize, reshape, subtract } from "../../graph/build.ts";
import { detach, logSumExp, matmul, sum } from "../../graph/build-differentiable.ts";
import type { Node } from "../../graph/node.ts";
import { identity } from "./identity.ts";
import { type Loss, withoutLabels } from "./loss.ts";
import { maskValue } from "./mask-value.ts";
import { pairwiseDot } from "./pairwise.ts";

const rankingDirections = ["query_to_doc", "query_to_query", "doc_to_query", "doc_to_doc"] as const;

/** The similarities that those of an anchor (query) and its positive (doc) compete with. */
export type RankingDirection = (typeof rankingDirections)[number];

const partitionModes = ["joint", "per_direction"] as const;

const hardnessModes = ["in_batch_negatives", "hard_negatives", "all_negatives"] as const;

export interface MultipleNegativesRankingLossOptions {
  /** Factor of similarities: 1 / temperature. Default 20. */
  readonly scale?: number | undefined;
  /** The similarity function. Default `cosine`. */
  readonly similarity?: "cosine" | "dot" | undefined;
  /**
   * Whether each positive is compared with all anchors, too: the directions `query_to_doc` and `doc_to_query` with the
   * partition mode `per_direction`. Default false.
   */
  readonly symmetric?: boolean | undefined;
  /**
   * The directions, `query_to_doc` always included. All four with `joint` are GTE's loss (arXiv 2308.03281).
   * Default: `query_to_doc` alone.
   */
  readonly directions?: readonly RankingDirection[] | undefined;
  /** Whether the directions share one partition function, or have one each, averaged. Default `joint`. */
  readonly partitionMode?: (typeof partitionModes)[number] | undefined;
  /**
   * The negatives that count the more, the more similar they are: those of other rows, a row's own, or both.
   * Default: none.
   */
  readonly hardnessMode?: (typeof hardnessModes)[number] | undefined;
  /** Factor of a negative's similarity that is added to its score. Default 0. */
  readonly hardnessStrength?: number | undefined;
}

const table: OptionTable<MultipleNegativesRankingLossOptions> = {
  scale: "number",
  similarity: "string",
  symmetric: "boolean",
  directions: "any",
  partitionMode: "string",
  hardnessMode: "string",
  hardnessStrength: "number",
};

/**
 * Columns: anchors, positives, and any number of negatives. One column alone, named by `columns`, is unsupervised
 * SimCSE: each text is its own positive, embedded twice with different dropout.
 *
 * @throws HpdError `invalid_argument` for invalid options
 */
export function multipleNegativesRanking(options: MultipleNegativesRankingLossOptions = {}): Loss {
  const given = checkedOptions("multipleNegativesRanking", options, table);
  const { scale = 20, similarity = "cosine", symmetric = false, hardnessMode, hardnessStrength = 0 } = given;
  requirePositive("scale", scale);
  requireOptionalOneOf("similarity", similarity, ["cosine", "dot"]);
  requireOptionalOneOf("hardnessMode", hardnessMode, hardnessModes);
  requireNonNegative("hardnessStrength", hardnessStrength);
  const { directions, partitionMode } = directionsOf(given);
  const newer = { directions: given.directions, partitionMode: given.partitionMode, hardnessMode, hardnessStrength };
  const isPlain = directions.every((name) => name === "query_to_doc" || name === "doc_to_query") && !hardnessMode;
  return {
    recipe: {
      multipleNegativesRanking: {
        ...{ scale, similarity, symmetric },
        ...Object.fromEntries(Object.entries(newer).filter(([, value]) => value !== undefined && value !== 0)),
      },
    },
    columns: { min: 2, max: Number.POSITIVE_INFINITY },
    ...withoutLabels,
    ...(!isPlain && { inputs: () => ({ own: ["batch", "batch"] }), prepare: (_, rows) => ({ own: identity(rows) }) }),
    hasInBatchNegatives: true,
    pairsWithItself: true,
    isPerRow: false,
    build(embeddings, { own: isOwn }, perRow) {
      const [anchors, ...candidates] = embeddings.map((x) => (similarity === "cosine" ? normalize(x) : x)) as [
        Node,
        ...Node[],
      ];
      const positives = candidates[0]!;
      const scoresOf = (of: Node, texts: Node) => matmul(of, texts, { transposeB: true, scale });
      const withoutOwn = (scores: Node) => add(scores, multiply(isOwn!, constant(maskValue)));
      const harder = (scores: Node, column: number) => {
        if (hardnessMode === undefined || hardnessStrength === 0) return scores;
        const penalty = multiply(detach(scores), constant(hardnessStrength / scale));
        const counted = countedBy(hardnessMode, column, isOwn!);
        return counted === undefined ? scores : add(scores, multiply(penalty, counted));
      };
      const scores: Record<RankingDirection, () => Node[]> = {
        query_to_doc: () => candidates.map((texts, column) => harder(scoresOf(anchors, texts), column)),
        query_to_query: () => [withoutOwn(scoresOf(anchors, anchors))],
        doc_to_query: () => [scoresOf(positives, anchors)],
        doc_to_doc: () => candidates.map((texts) => withoutOwn(scoresOf(positives, texts))),
      };
      const own = multiply(pairwiseDot(anchors, positives), constant(scale));
      const pools = directions.map((name) => scores[name]());
      const partitions = (partitionMode === "joint" ? [pools.flat()] : pools).map((pool) =>
        pool.map(logSumExp).reduce(logAddExp),
      );
      const total = partitions.reduce(add);
      const partition = partitions.length === 1 ? total : multiply(total, constant(1 / partitions.length));
      return reshape(multiply(sum(subtract(partition, own), [0, 1]), perRow), []);
    },
  };
}

/** @throws HpdError `invalid_argument` for invalid directions, as in Python */
function directionsOf(options: MultipleNegativesRankingLossOptions) {
  const { symmetric = false } = options;
  if (symmetric && (options.directions !== undefined || options.partitionMode !== undefined)) {
    throw new HpdError("invalid_argument", "`symmetric` sets `directions` and `partitionMode`: leave one of them out");
  }
  if (symmetric) return { directions: ["query_to_doc", "doc_to_query"], partitionMode: "per_direction" } as const;
  const { directions: named = ["query_to_doc"], partitionMode = "joint" } = options;
  requireOptionalOneOf("partitionMode", partitionMode, partitionModes);
  if (!Array.isArray(named)) {
    throw new HpdError("invalid_argument", `directions should be a list, got ${describe(named)}`);
  }
  for (const name of named) requireOptionalOneOf("a direction", name, rankingDirections);
  if (!named.includes("query_to_doc")) {
    throw new HpdError("invalid_argument", `directions should include query_to_doc, got [${named}]`);
  }
  const without = named.filter((name) => name === "query_to_query" || name === "doc_to_doc");
  if (partitionMode === "per_direction" && without.length > 0) {
    throw new HpdError(
      "invalid_argument",
      `partitionMode should be joint with ${without.join(" and ")}, which have no positive, got per_direction`,
    );
  }
  return { directions: rankingDirections.filter((name) => named.includes(name)), partitionMode };
}

/**
 * @param column of the candidates; the positives are column 0
 * @param isOwn [batch, batch]
 * @returns 1 for negatives that count by their hardness; undefined if the column has none
 */
function countedBy(mode: (typeof hardnessModes)[number], column: number, isOwn: Node): Node | undefined {
  if (mode === "hard_negatives") return column === 0 ? undefined : isOwn;
  if (mode === "all_negatives" && column > 0) return constant(1);
  return subtract(constant(1), isOwn);
}

/** log(exp(a) + exp(b)) */
function logAddExp(a: Node, b: Node): Node {
  return add(a, activation(subtract(b, a), "softplus"));
}
