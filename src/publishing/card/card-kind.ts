/** The parts of a card that depend on the kind of model. */
import { grouped } from "../../common/numbers.ts";

export interface CardKind {
  /** The hub's pipeline tag: `sentence-similarity`. */
  readonly pipelineTag: string;
  readonly tags: readonly string[];
  /** Task of its scores, in the words of the hub. */
  readonly task: { readonly type: string; readonly name: string };
  /** The first rows of the table of what it is. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Programs that use it. @param name of the model */
  usage(name: string): { readonly typescript: string; readonly python: string; readonly pythonVersion: string };
  /** A limit of all such models, in Markdown. */
  readonly limit: string;
}

/** The kind of a model that maps texts to vectors. */
export function embeddingKind(dimension: number): CardKind {
  const texts = '["He plays guitar.", "A street vendor is outside."]';
  return {
    pipelineTag: "sentence-similarity",
    tags: ["sentence-similarity", "feature-extraction"],
    task: { type: "sentence-similarity", name: "Sentence Similarity" },
    facts: [
      ["dimensions", grouped(dimension)],
      ["similarity", "cosine"],
    ],
    usage: (name) => ({
      typescript: `import { SentenceTransformer } from "hpd";

const model = await SentenceTransformer.load(${JSON.stringify(name)});
const embeddings = await model.encode(${texts});
model.similarity(embeddings, embeddings);`,
      python: `from sentence_transformers import SentenceTransformer

model = SentenceTransformer(${JSON.stringify(name)})
embeddings = model.encode(${texts})
model.similarity(embeddings, embeddings)`,
      pythonVersion: "3.4",
    }),
    limit: "A cosine ranks texts; its value is no probability.",
  };
}

/** The kind of a model that scores pairs of texts. @param labels the names of its scores */
export function crossEncoderKind(labels: readonly string[]): CardKind {
  const isReranker = labels.length === 1;
  const pair = '["How many people live in Berlin?", "Berlin has 3.7 million inhabitants."]';
  const [typescript, python] = isReranker ? ["predict", "predict"] : ["predictLabels", "predict"];
  return {
    pipelineTag: isReranker ? "text-ranking" : "text-classification",
    tags: ["cross-encoder", ...(isReranker ? ["reranker"] : [])],
    task: isReranker
      ? { type: "text-ranking", name: "Text Ranking" }
      : { type: "text-classification", name: "Text Classification" },
    facts: [["labels", isReranker ? "1, a score" : labels.join(", ")]],
    usage: (name) => ({
      typescript: `import { CrossEncoder } from "hpd/cross-encoder";

const model = await CrossEncoder.load(${JSON.stringify(name)});
const scores = await model.${typescript}([${pair}]);`,
      python: `from sentence_transformers import CrossEncoder

model = CrossEncoder(${JSON.stringify(name)})
scores = model.${python}([${pair}])`,
      pythonVersion: "4",
    }),
    limit: isReranker
      ? "A score ranks documents of one query; its value is no probability."
      : "It knows no other labels than these, and gives one of them to any pair.",
  };
}
