/** Qwen3, Gemma 3 and EuroBERT: what is refused by name, and students of some of their layers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openModel } from "../../src/hub/node.ts";
import { SentenceTransformer } from "../../src/index.ts";
import { ropeFrequencies } from "../../src/modules/transformer/layers/rope.ts";
import { selectLayers } from "../../src/modules/transformer/select-layers.ts";
import { fixture, withFiles } from "../encode/model-folder.ts";
import { loadTransformerModules } from "./load-transformer.ts";

const read = (model: string) => JSON.parse(readFileSync(join(fixture(model), "config.json"), "utf8"));

async function load(model: string, changes: object): Promise<void> {
  await using folder = await withFiles(model, { "config.json": { ...read(model), ...changes } });
  const loaded = await SentenceTransformer.load(folder.path, { workers: 0, onWarning() {} });
  await loaded.dispose();
}

describe("refused by name", () => {
  const four = ["sliding_attention", "sliding_attention", "full_attention"];
  test.each<[string, object, RegExp]>([
    [
      "qwen3-embedding",
      { num_key_value_heads: 3 },
      /num_attention_heads 4 should be a multiple of num_key_value_heads 3/,
    ],
    ["qwen3-embedding", { head_dim: 15 }, /head_dim should be even, to be rotated in pairs, got 15/],
    ["qwen3-embedding", { head_dim: null }, /head_dim should be a positive integer, got null/],
    ["qwen3-embedding", { is_causal: null }, /is_causal should be true or false, got null/],
    [
      "qwen3-embedding",
      { layer_types: ["full_attention"] },
      /layer_types should be a list with the kind of each of the 3 layers, got \["full_attention"\]/,
    ],
    [
      "qwen3-embedding",
      { layer_types: "full_attention" },
      /layer_types should be a list with the kind of each of the 3 layers/,
    ],
    ["qwen3-embedding", { layer_types: four }, /layer_types has "sliding_attention", which needs a sliding_window/],
    [
      "qwen3-embedding",
      { layer_types: ["full_attention", "chunked_attention", "full_attention"] },
      /layer_types has "chunked_attention", which is not known; known are full_attention, sliding_attention/,
    ],
    [
      "qwen3-embedding",
      { rope_scaling: { type: "longrope" } },
      /rope_scaling: type "longrope" is not known; known are default, linear/,
    ],
    [
      "qwen3-embedding",
      { rope_scaling: { type: "linear" } },
      /rope_scaling: factor should be a non-negative number, got undef/,
    ],
    ["qwen3-embedding", { rope_theta: 0 }, /rope_theta should be a number above 0, got 0/],
    [
      "qwen3-embedding",
      { rope_parameters: { full_attention: { rope_theta: 3 } } },
      /rope_parameters: the key "full_attention" is not known/,
    ],
    ["qwen3-embedding", { model_type: "qwen3_moe" }, /model_type "qwen3_moe" is not known/],
    ["qwen3-embedding", { model_type: "qwen2_moe" }, /model_type "qwen2_moe" is not known/],
    ["qwen2", { num_attention_heads: 5 }, /hidden_size 24 can't be split into num_attention_heads 5/],
    ["qwen2", { num_key_value_heads: 2 }, /num_attention_heads 3 should be a multiple of num_key_value_heads 2/],
    ["qwen2", { auto_map: { AutoModel: "modeling_qwen.Qwen2Model" } }, /auto_map names AutoModel "modeling_qwen/],
    ["llama", { num_attention_heads: 5, head_dim: 8 }, /hidden_size 24 can't be split into num_attention_heads 5/],
    ["llama", { rope_scaling: { rope_type: "llama3", factor: 8 } }, /type "llama3" is not known; known are default/],
    [
      "mistral",
      { layer_types: ["full_attention", "sliding_attention"] },
      /Python would take the model for a Ministral/,
    ],
    ["mistral", { sliding_window: 0 }, /sliding_window should be a positive integer, got 0/],
    ["mistral", { model_type: "mixtral" }, /model_type "mixtral" is not known/],
    ["embeddinggemma", { sliding_window: null }, /sliding_window should be a positive integer, got null/],
    ["embeddinggemma", { num_attention_heads: 5 }, /hidden_size 24 can't be split into num_attention_heads 5/],
    ["embeddinggemma", { model_type: "gemma3" }, /model_type "gemma3" is not known/],
    ["eurobert", { num_attention_heads: 5 }, /hidden_size 32 can't be split into num_attention_heads 5/],
    ["eurobert", { auto_map: { AutoModel: "x--modeling_eurobert.EuroBertModel" } }, /auto_map names AutoModel/],
  ])("%s %j", async (model, changes, message) => {
    await expect(load(model, changes)).rejects.toMatchObject({
      name: "HpdError",
      message: expect.stringMatching(message),
    });
  });

  test("a bias that transformers would leave out", async () => {
    // Qwen2 has biases of queries, keys and values, Mistral has none.
    const bytes = readFileSync(join(fixture("qwen2"), "model.safetensors"));
    await using folder = await withFiles("mistral", { "model.safetensors": bytes });
    await expect(SentenceTransformer.load(folder.path, { workers: 0, onWarning() {} })).rejects.toThrow(
      /layers\.0\.self_attn\.q_proj\.bias is a bias that would be ignored/,
    );
  });

  test.each(["gate_proj", "up_proj", "down_proj"])("a feed-forward without %s", async (name) => {
    const bytes = readFileSync(join(fixture("eurobert"), "model.safetensors"));
    const renamed = Buffer.from(
      bytes.toString("latin1").replace(`layers.1.mlp.${name}`, `layers.1.mlp.${"x".repeat(name.length)}`),
      "latin1",
    );
    await using folder = await withFiles("eurobert", { "model.safetensors": renamed });
    await expect(SentenceTransformer.load(folder.path, { workers: 0, onWarning() {} })).rejects.toThrow(
      new RegExp(`the weight model\\.layers\\.1\\.mlp\\.${name}\\.weight of shape \\[\\d+,\\d+\\] is missing`),
    );
  });
});

test.each(["eurobert", "qwen3-plain", "roberta"])("no warning of %s's head of a language model", async (name) => {
  const bytes = readFileSync(join(fixture(name), "model.safetensors"), "latin1");
  expect(bytes).toContain("lm_head.");
  const warnings: string[] = [];
  await using _ = await SentenceTransformer.load(fixture(name), {
    workers: 0,
    onWarning: (text) => warnings.push(text),
  });
  expect(warnings.join()).not.toContain("not used");
});

test("a chat template in a file of its own changes no embedding, as in Python", async () => {
  await using folder = await withFiles("qwen3-embedding", { "chat_template.jinja": "{{ messages[0].content }}!" });
  const embeddings: number[][] = [];
  for (const path of [fixture("qwen3-embedding"), folder.path]) {
    await using model = await SentenceTransformer.load(path, { workers: 0 });
    embeddings.push([...(await model.encode("the sea"))]);
  }
  expect(embeddings[1]).toEqual(embeddings[0]);
});

describe("some of the layers", () => {
  test("keep what they look at", async () => {
    const { transformer } = await loadTransformerModules(await openModel(fixture("embeddinggemma")));
    const selected = selectLayers(transformer, [2, 0], "embeddinggemma");
    expect(selected.transformerConfig.json).toMatchObject({
      num_hidden_layers: 2,
      layer_types: ["full_attention", "sliding_attention"],
    });
    const name = "layers.0.mlp.up_proj.weight";
    expect(selected.parameters.tensors.get(name)).toBe(
      transformer.parameters.tensors.get("layers.2.mlp.up_proj.weight"),
    );
  });

  test("are found in Qwen3, whose config lists none", async () => {
    const { transformer } = await loadTransformerModules(await openModel(fixture("qwen3-embedding")));
    expect(selectLayers(transformer, [1], "qwen3").transformerConfig.json).toMatchObject({
      layer_types: ["full_attention"],
    });
  });
});

test("frequencies are torch's in float32", () => {
  // 1 / 10000 ** (torch.arange(0, 8, 2).float() / 8)
  const expected = [1, 0.10000000149011612, 0.009999999776482582, 0.0010000000474974513];
  expect(ropeFrequencies({ theta: 10_000, divisor: 1 }, 8)).toEqual(expected);
  expect(ropeFrequencies({ theta: 10_000, divisor: 4 }, 8)).toEqual(expected.map((value) => value / 4));
});
