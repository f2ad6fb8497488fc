/** Every public function that takes options refuses those that it doesn't have. */
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { createWorkerModel } from "../../src/browser/index.ts";
import {
  agglomerativeClustering,
  communityDetection,
  kMeans,
  removeNearDuplicates,
  streamNearDuplicates,
} from "../../src/cluster/index.ts";
import { CrossEncoder } from "../../src/cross-encoder/index.ts";
import {
  BinaryClassificationEvaluator,
  buildReport,
  ClassificationEvaluator,
  ClusteringEvaluator,
  EmbeddedTexts,
  EmbeddingSimilarityEvaluator,
  evaluate,
  InformationRetrievalEvaluator,
  MSEEvaluator,
  measureCost,
  ParaphraseMiningEvaluator,
  TripletEvaluator,
} from "../../src/evaluation/index.ts";
import { Embeddings, quantizeEmbeddings, SentenceTransformer } from "../../src/index.ts";
import { EncodeWork } from "../../src/jobs/encode/encode-work.ts";
import {
  openEncodeWork,
  openWork,
  type ShardedWork,
  submitWork,
  verifyWork,
  watchWork,
  workOnQueue,
  workStatus,
} from "../../src/jobs/index.ts";
import { buildMap, mapHtml, nearestNeighbors, umap } from "../../src/map/index.ts";
import { buildIndex, chunkText, embedTable, exportIndex, PassageIndex } from "../../src/passage-index/index.ts";
import { quantize } from "../../src/quantization/index.ts";
import {
  maximalMarginalRelevance,
  paraphraseMining,
  reciprocalRankFusion,
  semanticSearch,
  semanticSearchQuantized,
} from "../../src/search/index.ts";
import { createServer, type EmbeddingServer, listen } from "../../src/server/index.ts";
import { InvertedIndex, SparseEmbeddings, SparseEncoder } from "../../src/sparse-encoder/index.ts";
import {
  adaptiveLayer,
  angle,
  batchAllTriplet,
  batchHardSoftMarginTriplet,
  batchHardTriplet,
  batchSemiHardTriplet,
  contrastive,
  cosent,
  crossEncoderLosses,
  distill,
  distillKl,
  gistEmbed,
  marginMse,
  matryoshka,
  megaBatchMargin,
  mergeModels,
  mineHardNegatives,
  multipleNegativesRanking,
  onlineContrastive,
  rotateModel,
  softmax,
  train,
  trainCrossEncoder,
  triplet,
  weightedSum,
} from "../../src/train.ts";
import { fixture } from "../encode/model-folder.ts";

const embeddings = Embeddings.fromRows([
  [1, 0],
  [0, 1],
  [1, 1],
]);
const bytes = quantizeEmbeddings(embeddings, "int8");
const texts = ["a", "b", "c"];
const pairs = { sentences1: ["a"], sentences2: ["b"] };
const encode = async () => embeddings;
const retrieval = { queries: new Map([["q", "a"]]), corpus: new Map([["d", "b"]]), relevantDocs: new Map() };

const noModel = {} as CrossEncoder;
const noSparseModel = {} as SparseEncoder;
const noSparseEmbeddings = SparseEmbeddings.fromRows([], 3);
const noWork = {} as ShardedWork;

type Call = (options: never) => unknown;

/** By the public type of the options: the calls that take it. */
const calls: Record<string, Record<string, Call>> = {
  LoadOptions: { load: (options) => SentenceTransformer.load(fixture("bert"), options) },
  SemanticSearchOptions: { semanticSearch: (options) => semanticSearch(embeddings, embeddings, options) },
  ReciprocalRankFusionOptions: { reciprocalRankFusion: (options) => reciprocalRankFusion([], options) },
  ParaphraseMiningOptions: { paraphraseMining: (options) => paraphraseMining(embeddings, options) },
  QuantizedSearchOptions: {
    semanticSearchQuantized: (options) => semanticSearchQuantized(embeddings, bytes, options),
  },
  MaximalMarginalRelevanceOptions: {
    maximalMarginalRelevance: (options) => maximalMarginalRelevance(embeddings.row(0), embeddings, options),
  },
  KMeansOptions: { kMeans: (options) => kMeans(embeddings, 2, options) },
  NearDuplicatesOptions: {
    removeNearDuplicates: (options) => removeNearDuplicates(embeddings, options),
    streamNearDuplicates: (options) => streamNearDuplicates(embeddings, options).next(),
  },
  CommunityDetectionOptions: { communityDetection: (options) => communityDetection(embeddings, options) },
  AgglomerativeClusteringOptions: {
    agglomerativeClustering: (options) => agglomerativeClustering(embeddings, options),
  },
  MapOptions: { buildMap: (options) => buildMap(texts, embeddings, options) },
  MapHtmlOptions: { mapHtml: async (options) => mapHtml(await buildMap(texts, embeddings), options) },
  UmapOptions: { umap: async (options) => umap(embeddings, await nearestNeighbors(embeddings, 2), options) },
  NearestNeighborsOptions: { nearestNeighbors: (options) => nearestNeighbors(embeddings, 2, options) },
  BuildOptions: { buildIndex: (options) => buildIndex(["nowhere"], options) },
  ChunkTextOptions: { chunkText: (options) => chunkText("a", options as never) },
  CreateOptions: { "PassageIndex.create": (options) => PassageIndex.create("nowhere", options as never) },
  EmbedTableOptions: { embedTable: (options) => embedTable(options as never) },
  OpenOptions: { "PassageIndex.open": (options) => PassageIndex.open("nowhere", options) },
  EmbedOptions: {
    evaluate: (options) => evaluate(encode, [], options),
    "EmbeddedTexts.encode": (options) => EmbeddedTexts.encode(encode, [], options),
  },
  PlainLoadOptions: { measureCost: (options) => measureCost("nowhere", options, texts) },
  ReportOptions: { buildReport: (options) => buildReport([], "baseline", options) },
  BinaryClassificationOptions: {
    BinaryClassificationEvaluator: (options) => new BinaryClassificationEvaluator({ ...pairs, labels: [1] }, options),
  },
  ClassificationOptions: {
    ClassificationEvaluator: (options) =>
      new ClassificationEvaluator({ texts, labels: texts }, { texts, labels: texts }, options),
  },
  MSEOptions: {
    MSEEvaluator: (options) => new MSEEvaluator({ sentences: texts, teacherEmbeddings: embeddings }, options),
  },
  ParaphraseMiningEvaluatorOptions: {
    ParaphraseMiningEvaluator: (options) => {
      const sentences = new Map(["a", "b"].map((id) => [id, id]));
      return new ParaphraseMiningEvaluator({ sentences, duplicates: [["a", "b"]] }, options);
    },
  },
  ClusteringOptions: {
    ClusteringEvaluator: (options) => new ClusteringEvaluator({ texts, labels: texts }, options),
  },
  EmbeddingSimilarityOptions: {
    EmbeddingSimilarityEvaluator: (options) => new EmbeddingSimilarityEvaluator({ ...pairs, scores: [1] }, options),
  },
  InformationRetrievalOptions: {
    InformationRetrievalEvaluator: (options) => new InformationRetrievalEvaluator(retrieval, options),
  },
  TripletOptions: {
    TripletEvaluator: (options) =>
      new TripletEvaluator({ anchors: ["a"], positives: ["b"], negatives: ["c"] }, options),
  },
  DistillOptions: { distill: (options) => distill(options) },
  TrainOptions: { train: (options) => train(options) },
  MultipleNegativesRankingLossOptions: {
    multipleNegativesRanking: async (options) => multipleNegativesRanking(options),
  },
  CosentLossOptions: { cosent: async (options) => cosent(options), angle: async (options) => angle(options) },
  ContrastiveLossOptions: {
    contrastive: async (options) => contrastive(options),
    onlineContrastive: async (options) => onlineContrastive(options),
  },
  TripletLossOptions: { triplet: async (options) => triplet(options) },
  DistillKlLossOptions: { distillKl: async (options) => distillKl(options) },
  MarginMseLossOptions: { marginMse: async (options) => marginMse(options) },
  MatryoshkaLossOptions: { matryoshka: async (options) => matryoshka(triplet(), options) },
  AdaptiveLayerLossOptions: { adaptiveLayer: async (options) => adaptiveLayer(triplet(), options) },
  GistEmbedLossOptions: { gistEmbed: async (options) => gistEmbed(options) },
  MegaBatchMarginLossOptions: { megaBatchMargin: async (options) => megaBatchMargin(options) },
  BatchTripletLossOptions: {
    batchAllTriplet: async (options) => batchAllTriplet(options),
    batchHardTriplet: async (options) => batchHardTriplet(options),
    batchSemiHardTriplet: async (options) => batchSemiHardTriplet(options),
  },
  BatchSoftMarginTripletLossOptions: {
    batchHardSoftMarginTriplet: async (options) => batchHardSoftMarginTriplet(options),
  },
  SoftmaxLossOptions: { softmax: async (options) => softmax(options) },
  TrainCrossEncoderOptions: { trainCrossEncoder: (options) => trainCrossEncoder(options) },
  BinaryCrossEntropyLossOptions: {
    binaryCrossEntropy: async (options) => crossEncoderLosses.binaryCrossEntropy(options),
    crossEntropy: async (options) => crossEncoderLosses.crossEntropy(options),
    mse: async (options) => crossEncoderLosses.mse(options),
    listNet: async (options) => crossEncoderLosses.listNet(options),
  },
  WeightedSumOptions: { weightedSum: async (options) => weightedSum([triplet(), triplet()], options) },
  CrossEncoderLoadOptions: { "CrossEncoder.load": (options) => CrossEncoder.load("nowhere", options) },
  // Without a model: options come before whatever it is asked.
  SparseEncoderLoadOptions: { "SparseEncoder.load": (options) => SparseEncoder.load("nowhere", options) },
  SparseEncodeOptions: {
    encode: (options) => SparseEncoder.prototype.encode.call(noSparseModel, [], options),
    encodeQuery: (options) => SparseEncoder.prototype.encodeQuery.call(noSparseModel, [], options),
    encodeDocument: (options) => SparseEncoder.prototype.encodeDocument.call(noSparseModel, [], options),
  },
  SparseEncodeStreamOptions: {
    encodeStream: (options) => SparseEncoder.prototype.encodeStream.call(noSparseModel, [], options).next(),
  },
  InvertedIndexOptions: { InvertedIndex: (options) => new InvertedIndex(noSparseEmbeddings, options) },
  SparseSearchOptions: {
    search: (options) => new InvertedIndex(noSparseEmbeddings).search(noSparseEmbeddings, options),
  },
  PredictOptions: { predict: (options) => CrossEncoder.prototype.predict.call(noModel, [], options) },
  PredictLabelsOptions: {
    predictLabels: (options) => CrossEncoder.prototype.predictLabels.call(noModel, [], options),
  },
  RankOptions: { rank: (options) => CrossEncoder.prototype.rank.call(noModel, "query", [], options) },
  TokenizePairOptions: {
    tokenize: async (options) => CrossEncoder.prototype.tokenize.call(noModel, ["a", "b"], options),
  },
  PredictTokenizedOptions: {
    predictTokenized: (options) => CrossEncoder.prototype.predictTokenized.call(noModel, [], options),
  },
  ServerOptions: { createServer: async (options) => createServer([], options) },
  ListenOptions: { listen: (options) => listen({} as EmbeddingServer, options) },
  WorkerModelOptions: { createWorkerModel: (options) => createWorkerModel("a/model", options) },
  MergeModelsOptions: { mergeModels: (options) => mergeModels(options) },
  RotateModelOptions: { rotateModel: (options) => rotateModel(options) },
  QuantizeOptions: { quantize },
  EncodeWorkOptions: { openEncodeWork: (options) => openEncodeWork(options) },
  OpenWorkOptions: {
    openWork: (options) => openWork({ kind: "encode", inputs: ["nowhere"], output: "nowhere", shards: 1 }, options),
  },
  // Without a work: options come before whatever it is asked.
  RunShardOptions: { run: (options) => EncodeWork.prototype.run.call({} as EncodeWork, 0, options) },
  SubmitOptions: { submitWork: (options) => submitWork(noWork, options) },
  WatchOptions: { watchWork: (options) => watchWork(noWork, options) },
  WorkOnQueueOptions: { workOnQueue: (options) => workOnQueue(options) },
  ExportOptions: { exportIndex: (options) => exportIndex("nowhere", options) },
  StatusOptions: {
    workStatus: (options) => workStatus("nowhere", options),
    verifyWork: (options) => verifyWork("nowhere", options),
  },
  MineHardNegativesOptions: {
    mineHardNegatives: (options) => mineHardNegatives([], {} as SentenceTransformer, options),
  },
};

const cases = Object.values(calls).flatMap((functions) => Object.entries(functions));

async function call(work: Call, options: unknown): Promise<unknown> {
  return work(options as never);
}

describe.each(cases)("%s", (name, work) => {
  test.each([
    [{ unheardOf: 1 }, `${name} has no option "unheardOf"`],
    [{ sigmal: 1 }, `${name} has no option "sigmal"`],
    ["text", `${name}: the options should be an object, got "text"`],
    [null, `${name}: the options should be an object, got null`],
  ])("%j is refused", async (options, message) => {
    await expect(call(work, options)).rejects.toMatchObject({
      name: "HpdError",
      code: "invalid_argument",
      message: expect.stringContaining(message),
    });
  });
});

test.each([
  ["buildIndex", { load: { worker: 1 } }, 'buildIndex has no option "load.worker" (did you mean load.workers?)'],
  ["buildIndex", { load: { workers: "2" } }, 'buildIndex: load.workers should be a number, got "2"'],
  ["buildIndex", {}, "the location of an index should be a folder or a database"],
  ["distill", { teachers: [{ model: "a" }, { weigth: 1 }] }, '"teachers[1].weigth" (did you mean teachers[1].weight?)'],
  ["distill", { student: { kept_dense: true } }, '"student.kept_dense" (did you mean student.keepDense?)'],
  ["distill", { sentences: [{ file: "a" }] }, '"sentences[0].file"'],
  ["distill", { sentences: "a.txt" }, 'sentences should be an array, got "a.txt"'],
  ["distill", { augmentation: { copies: "2" } }, 'augmentation.copies should be a number, got "2"'],
  ["distill", { resume: "yes" }, 'resume should be a boolean, got "yes"'],
  ["distill", {}, "teachers is missing"],
  ["buildReport", { sampling: { sample: 1 } }, '"sampling.sample" (did you mean sampling.samples?)'],
  ["semanticSearch", { top_k: 3 }, "(did you mean topK?)"],
  ["semanticSearch", { score_function: "dot" }, "similarityFunction is its name here"],
  ["load", { worker: 1 }, 'load has no option "worker" (did you mean workers?)'],
  ["load", { workers: "2" }, 'load: workers should be a number, got "2"'],
  ["load", { device: "cuda" }, "models run on the CPU"],
  ["load", { cache_folder: "x" }, "(did you mean cacheFolder?)"],
  ["EmbeddingSimilarityEvaluator", { mainSimilarity: "cosin" }, "mainSimilarity should be one of cosine"],
])("%s with %j: %s", async (name, options, message) => {
  const work = new Map(cases).get(name)!;
  await expect(call(work, options)).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining(message),
  });
});

test("the search of an index refuses them, too", async () => {
  // Without an index: options come before whatever the store is asked.
  const search = PassageIndex.prototype.search.call({} as PassageIndex, "query", { top_k: 3 } as object);
  await expect(search).rejects.toMatchObject({ message: 'search has no option "top_k" (did you mean topK?)' });
});

/**
 * Tested elsewhere, or part of another: `encode.test.ts`, `tokenized.test.ts`; `test/adapters`; `LoadOptions`; `DistillOptions`,
 * `TrainOptions`; `ExportOptions`; those of queues; made by this library.
 */
const others = [
  ...["EmbeddingModelOptions", "HpdEmbeddingOptions", "HpdMmrOptions", "HpdWriteOptions", "McpServerOptions"],
  ...[
    "EncodeOptions",
    "EncodeStreamOptions",
    "EncodeTokensOptions",
    "SearchOptions",
    "ModelSourceOptions",
    "WriteOptions",
  ],
  ...["AugmentationOptions", "TeacherOptions", "EncodeTextsOptions", "TrainRunOptions", "TrainDataOptions"],
  ...["TrainDatasetOptions", "LoraOptions", "EmbedTextsOptions", "TokenizeOptions", "EncodeTokenizedOptions"],
  ...["QdrantOptions", "QueueOptions", "TeacherWorkOptions"],
];

test("no public type of options was forgotten", async () => {
  const { exports } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
  const entries = Object.values<{ types?: string }>(exports).flatMap(({ types }) => types ?? []);
  const names = new Set<string>();
  for (const entry of entries) {
    const source = entry.replace(/^\.\/dist\/(.*)\.d\.ts$/, "../../src/$1.ts");
    const text = await readFile(new URL(source, import.meta.url), "utf8");
    for (const [name] of text.matchAll(/\b\w+Options\b/g)) names.add(name);
  }
  expect([...names].sort()).toEqual([...Object.keys(calls), ...others].sort());
});
