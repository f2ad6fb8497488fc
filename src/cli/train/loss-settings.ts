/** The losses of `hpd train` and their settings. */
import type { SettingTable } from "../settings/table.ts";
import { lossHint } from "./loss-hint.ts";

export const lossNames = [
  "multiple-negatives-ranking",
  "cosent",
  "angle",
  "cosine-similarity",
  "contrastive",
  "online-contrastive",
  "triplet",
  "mega-batch-margin",
  "gist-embed",
  "batch-all-triplet",
  "batch-hard-triplet",
  "batch-semi-hard-triplet",
  "batch-hard-soft-margin-triplet",
  "margin-mse",
  "distill-kl",
  "softmax",
  "mse",
] as const;

/** Names of the losses of cross-encoders, some of which embedding models have, too. */
export const crossEncoderLossNames = [
  "binary-cross-entropy",
  "cross-entropy",
  "mse",
  "margin-mse",
  "multiple-negatives-ranking",
  "list-net",
] as const;

/** The losses by the rows that they take, for the help. */
export const lossTerms = {
  "pairs, or with negatives": "multiple-negatives-ranking (the default), gist-embed; pairs only: mega-batch-margin",
  triplets: "triplet",
  "pairs with scores": "cosent, angle, cosine-similarity",
  "pairs with labels 1, 0": "contrastive, online-contrastive",
  "pairs with classes": "softmax",
  "texts with classes":
    "batch-all-triplet, batch-hard-triplet, batch-semi-hard-triplet, batch-hard-soft-margin-triplet",
  "a teacher's scores": "margin-mse, distill-kl: queries, positives, negatives, and margin or scores of a teacher",
  "a teacher's embeddings": "mse: texts, and embeddings as labels",
  "cross-encoders":
    "binary-cross-entropy (the default: pairs with labels 1 and 0), cross-entropy (the default with several labels: " +
    "classes), mse, margin-mse, multiple-negatives-ranking, list-net",
} as const;

export const lossSettings = {
  loss: {
    kind: "text",
    value: "NAME",
    choices: [...new Set([...lossNames, ...crossEncoderLossNames])],
    hint: (name) => lossHint(name, lossNames),
    help: "the loss, one of those above",
    defaultsTo: "as above",
  },
  guide: { kind: "text", value: "NAME", help: "gist-embed: model that detects false negatives" },
  "guide-revision": { kind: "text", value: "NAME", help: "gist-embed: revision of the guide on the hub" },
  "margin-strategy": {
    kind: "text",
    value: "STRATEGY",
    choices: ["absolute", "relative"],
    help: "gist-embed: whether --margin is a similarity (absolute) or a fraction of the positive's (relative)",
  },
  "no-contrast-anchors": { kind: "switch", help: "gist-embed: don't use anchors as negatives of anchors" },
  "no-contrast-positives": { kind: "switch", help: "gist-embed: don't use positives as negatives of positives" },
  "no-concatenation-sent-rep": { kind: "switch", help: "softmax: classify without the embeddings u and v" },
  "no-concatenation-sent-difference": { kind: "switch", help: "softmax: classify without |u - v|" },
  "concatenation-sent-multiplication": { kind: "switch", help: "softmax: classify also by u times v" },
  scale: { kind: "number", value: "R", help: "1 / temperature of ranking losses", defaultsTo: "20" },
  temperature: {
    kind: "number",
    value: "R",
    help: "distill-kl, gist-embed: temperature of the scores",
    defaultsTo: "1 for distill-kl, 0.01 for gist-embed",
  },
  margin: {
    kind: "number",
    value: "R",
    help: "contrastive, online-contrastive, triplet losses, gist-embed: margin",
    defaultsTo: "0.5 for contrastive losses, 5 for triplets, 0 for gist-embed",
  },
  similarity: {
    kind: "text",
    value: "NAME",
    choices: ["cosine", "dot"],
    help: "multiple-negatives-ranking, margin-mse, distill-kl: similarity function",
  },
  distance: {
    kind: "text",
    value: "NAME",
    choices: ["cosine", "euclidean", "manhattan"],
    help: "contrastive and triplet losses: distance function; those of batches have no manhattan",
  },
  symmetric: { kind: "switch", help: "multiple-negatives-ranking: positives also search for their anchors" },
  directions: {
    kind: "texts",
    value: "A,B",
    help:
      "multiple-negatives-ranking: the candidates that a pair competes with, of query_to_doc, query_to_query, " +
      "doc_to_query, doc_to_doc",
    defaultsTo: "query_to_doc",
  },
  "partition-mode": {
    kind: "text",
    value: "MODE",
    choices: ["joint", "per_direction"],
    help: "multiple-negatives-ranking: one softmax over all directions (joint), or one each (per_direction)",
    defaultsTo: "joint",
  },
  "hardness-mode": {
    kind: "text",
    value: "MODE",
    choices: ["in_batch_negatives", "hard_negatives", "all_negatives"],
    help: "multiple-negatives-ranking: negatives that weigh more, the more similar they are",
  },
  "hardness-strength": { kind: "number", value: "R", help: "strength of the hardness mode", defaultsTo: "0" },
  "positive-margin": {
    kind: "number",
    value: "R",
    help: "mega-batch-margin: minimum cosine of a pair",
    defaultsTo: "0.8",
  },
  "negative-margin": {
    kind: "number",
    value: "R",
    help: "mega-batch-margin: maximum cosine of any other pair",
    defaultsTo: "0.3",
  },
  "pos-weight": {
    kind: "number",
    value: "R",
    help: "binary-cross-entropy: weight of positives",
    defaultsTo: "1",
  },
  "num-negatives": {
    kind: "integer",
    value: "N",
    help: "multiple-negatives-ranking of a cross-encoder: documents of other rows per query",
    defaultsTo: "4",
  },
  activation: {
    kind: "text",
    value: "NAME",
    choices: ["identity", "sigmoid", "tanh", "relu"],
    help: "losses of cross-encoders: activation of the scores",
    defaultsTo: "identity, of the ranking loss sigmoid",
  },
  matryoshka: {
    kind: "integers",
    value: "384,128,64",
    help: "the loss at several dimensions, so that truncated embeddings work, too",
  },
  "dimensions-per-step": {
    kind: "integer",
    value: "N",
    help: "matryoshka: dimensions drawn for each step",
    defaultsTo: "all",
  },
  "adaptive-layer": {
    kind: "switch",
    help: "the loss at several depths, also around matryoshka (2D), so that a model cut to its first layers works, too",
  },
  "layers-per-step": {
    kind: "integer",
    value: "N",
    help: "adaptive-layer: layers drawn for each step, 0 for all",
    defaultsTo: "1",
  },
  "last-layer-weight": {
    kind: "number",
    value: "R",
    help: "adaptive-layer: weight of the last layer",
    defaultsTo: "1",
  },
  "prior-layers-weight": { kind: "number", value: "R", help: "adaptive-layer: weight of the others", defaultsTo: "1" },
  "kl-div-weight": {
    kind: "number",
    value: "R",
    help: "adaptive-layer: weight of the divergence of a layer from the last one",
    defaultsTo: "1",
  },
  "kl-temperature": {
    kind: "number",
    value: "R",
    help: "adaptive-layer: temperature of that divergence",
    defaultsTo: "0.3",
  },
  "layer-weighting": {
    kind: "text",
    value: "NAME",
    choices: ["uniform", "log", "linear"],
    help: "adaptive-layer: how weights decrease with the depth",
    defaultsTo: "uniform",
  },
} as const satisfies SettingTable;

export const lossWeight = { kind: "number", value: "R", help: "factor of the loss" } as const;

/** A weighted sum of losses. */
export const lossSum = {
  losses: {
    kind: "list",
    items: { ...lossSettings, weight: lossWeight },
    help:
      "in a recipe, in place of loss: a list of losses over the same rows, whose weighted sum is minimized; each with its " +
      "own settings and a weight, its factor",
  },
} as const satisfies SettingTable;
