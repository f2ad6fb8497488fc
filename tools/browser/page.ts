/** Runs in the page: loads a model over HTTP and encodes. */
import { CrossEncoder } from "../../dist/cross-encoder/index.js";
import { SentenceTransformer } from "../../dist/index.js";
import { InvertedIndex, SparseEncoder } from "../../dist/sparse-encoder/index.js";

declare global {
  interface Window {
    encode: typeof encode;
    encodeQueries: typeof encodeQueries;
    score: typeof score;
    encodeSparse: typeof encodeSparse;
  }
}

async function encode(url: string, dtype: "fp32" | "int8", sentences: string[], rounds: number) {
  const start = performance.now();
  await using model = await SentenceTransformer.load(url, { dtype, onWarning: () => {} });
  await model.encode(sentences[0]!);
  const firstVector = performance.now() - start;
  const embeddings = await model.encode(sentences);
  const timed = performance.now();
  for (let round = 0; round < rounds; round++) await model.encode(sentences);
  const seconds = (performance.now() - timed) / 1000;
  return {
    embeddings: [...embeddings].map((row) => [...row]),
    firstVector,
    perSecond: (rounds * sentences.length) / seconds,
  };
}

async function encodeQueries(url: string, sentences: string[]) {
  await using model = await SentenceTransformer.load(url, { onWarning: () => {} });
  return [...(await model.encodeQuery(sentences))].map((row) => [...row]);
}

async function score(url: string, pairs: [string, string][]) {
  await using model = await CrossEncoder.load(url, { onWarning: () => {} });
  return (await model.predictLabels(pairs)).toArray();
}

/** Embeddings with their zeros, and what the first finds among all. */
async function encodeSparse(url: string, method: "encode" | "encodeQuery", texts: string[]) {
  await using model = await SparseEncoder.load(url, { onWarning: () => {} });
  const embeddings = await model[method](texts);
  const [hits] = await new InvertedIndex(embeddings, { similarityFunction: "cosine" }).search(embeddings.row(0));
  return { rows: [...embeddings.toDense()].map((row) => [...row]), nearest: hits![0]!.corpusId };
}

window.encode = encode;
window.encodeQueries = encodeQueries;
window.score = score;
window.encodeSparse = encodeSparse;
