/** `/info` of text-embeddings-inference, which describes its only model: here the first one. */
import { packageVersion } from "../../common/package-version.ts";
import { CrossEncoder } from "../../cross-encoder/cross-encoder.ts";
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { SparseEncoder } from "../../sparse-encoder/sparse-encoder.ts";
import type { Services } from "../services.ts";

export async function teiInfo({ models, options }: Services) {
  const { name, model } = models.named[0]!;
  return {
    // The served name: a model's folder is not disclosed.
    model_id: name,
    model_sha: null,
    model_dtype: "float32",
    served_model_name: name,
    model_type: model instanceof CrossEncoder ? labelsOf(model) : { embedding: { pooling: poolingOf(model) } },
    max_concurrent_requests: options.maxConcurrentRequests,
    max_input_length: finite(model instanceof CrossEncoder ? model.maxLength : model.maxSeqLength),
    max_batch_tokens: options.maxRequestTokens,
    max_batch_requests: null,
    max_client_batch_size: options.maxInputs,
    auto_truncate: options.truncate,
    tokenization_workers: 1,
    version: packageVersion,
    sha: null,
    docker_label: null,
    served_models: models.named.map((each) => each.name),
  };
}

function finite(length: number): number | null {
  return Number.isFinite(length) ? length : null;
}

function poolingOf(model: SentenceTransformer | SparseEncoder): string {
  if (model instanceof SparseEncoder) return "splade";
  const pooling = model.describe().modules.find(({ type }) => type === "Pooling");
  const mode = pooling?.config.pooling_mode;
  return typeof mode === "string" ? mode : "mean";
}

function labelsOf({ numLabels, labels }: { readonly numLabels: number; readonly labels: readonly string[] }) {
  const names = Array.from({ length: numLabels }, (_, at) => labels[at] ?? `LABEL_${at}`);
  const id2label = Object.fromEntries(names.map((label, at) => [at, label]));
  const label2id = Object.fromEntries(names.map((label, at) => [label, at]));
  return { [numLabels === 1 ? "reranker" : "classifier"]: { id2label, label2id } };
}
