/**
 * In-batch negatives filtered by a guide model: a text that the guide finds nearer to an anchor than the anchor's own
 * positive is likely a false negative, and is left out.
 * Source: sentence-transformers 6.2, `GISTEmbedLoss`; Solatorio (arXiv 2402.16829).
 */
import { requireOptionalOneOf, requirePositive } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { add, concat, constant, multiply, normalize, reshape, slice, subtract } from "../../graph/build.ts";
import { greater, logSumExp, matmul, sum } from "../../graph/build-differentiable.ts";
import type { Node } from "../../graph/node.ts";
import { identity } from "./identity.ts";
import type { Loss } from "./loss.ts";
import { maskValue } from "./mask-value.ts";
import { absolute, pairwiseDot } from "./pairwise.ts";

const marginStrategies = ["absolute", "relative"] as const;

export interface GistEmbedLossOptions {
  /** The guide, a model folder or an id on the hub: it embeds all texts once, before training. Any model will do. */
  readonly guide: string;
  /** The guide's revision on the hub. */
  readonly guideRevision?: string | undefined;
  /** Divisor of similarities. Default 0.01. */
  readonly temperature?: number | undefined;
  /** Whether the margin is a similarity, or a fraction of the positive's. Default `absolute`. */
  readonly marginStrategy?: (typeof marginStrategies)[number] | undefined;
  /** The margin below the positive's similarity from which on a text is left out. Default 0. */
  readonly margin?: number | undefined;
  /** Whether other rows' anchors are negatives of an anchor. Default true. */
  readonly contrastAnchors?: boolean | undefined;
  /** Whether other rows' positives are negatives of a positive. Default true. */
  readonly contrastPositives?: boolean | undefined;
}

const table: OptionTable<GistEmbedLossOptions> = {
  guide: "string",
  guideRevision: "string",
  temperature: "number",
  marginStrategy: "string",
  margin: "number",
  contrastAnchors: "boolean",
  contrastPositives: "boolean",
};

/**
 * Columns: anchors, positives, and optionally negatives. The guide embeds the texts themselves; in Python, the
 * student's decoded tokens.
 *
 * @throws HpdError `invalid_argument` for invalid options
 */
export function gistEmbed(options: GistEmbedLossOptions): Loss {
  const { guide, guideRevision, ...given } = checkedOptions("gistEmbed", options, table);
  const { temperature = 0.01, marginStrategy = "absolute", margin = 0 } = given;
  const { contrastAnchors = true, contrastPositives = true } = given;
  if (guide === undefined) {
    throw new HpdError("invalid_argument", "gistEmbed: `guide` should be a model folder or an id of the hub, got none");
  }
  requirePositive("temperature", temperature);
  requireOptionalOneOf("marginStrategy", marginStrategy, marginStrategies);
  if (!Number.isFinite(margin)) throw new HpdError("invalid_argument", `margin should be a number, got ${margin}`);
  /** @param width dimension of the guide's embeddings */
  const guided = (width: number): Loss => ({
    recipe: {
      gistEmbed: {
        ...{ guide, guideRevision, temperature, marginStrategy, margin, contrastAnchors, contrastPositives },
      },
    },
    columns: { min: 2, max: 3 },
    labels: () => ({}),
    guide: { model: guide, revision: guideRevision },
    withGuide: guided,
    inputs: (_, columns) => ({ guide: ["batch", columns * width], own: ["batch", "batch"] }),
    prepare: ({ guide }, rows) => ({ guide: guide!, own: identity(rows) }),
    hasInBatchNegatives: true,
    isPerRow: false,
    build(embeddings, { guide: guides, own: isOwn }, perRow) {
      const student = embeddings.map(normalize);
      const teacher = embeddings.map((_, column) => normalize(slice(guides!, 1, column * width, width)));
      const ofPositive = pairwiseDot(teacher[0]!, teacher[1]!);
      const part = marginStrategy === "absolute" ? constant(margin) : multiply(absolute(ofPositive), constant(margin));
      const limit = subtract(ofPositive, part);
      const similarities = (of: readonly Node[], [one, other]: readonly [number, number]) =>
        matmul(of[one]!, of[other]!, { transposeB: true });
      const scoresOf = (pair: readonly [number, number], kept?: Node) => {
        const isFalse = greater(similarities(teacher, pair), limit);
        const left = kept === undefined ? isFalse : multiply(isFalse, subtract(constant(1), kept));
        return add(
          multiply(similarities(student, pair), constant(1 / temperature)),
          multiply(left, constant(maskValue)),
        );
      };
      const scores = [
        scoresOf([0, 1], isOwn!),
        ...(contrastAnchors ? [scoresOf([0, 0])] : []),
        ...(contrastPositives ? [scoresOf([1, 1])] : []),
        ...(student.length > 2 ? [scoresOf([0, 2])] : []),
      ];
      const own = multiply(pairwiseDot(student[0]!, student[1]!), constant(1 / temperature));
      // A row whose negatives are all masked has a finite sum: the first scores include its positive.
      const partition = logSumExp(concat(scores.map(logSumExp)));
      return reshape(multiply(sum(subtract(partition, own), [0, 1]), perRow), []);
    },
  });
  return guided(1);
}
