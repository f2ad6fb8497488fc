/** Model folders that are broken, hostile or ask for what this library does not do: each is refused with a reason. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type HpdErrorCode, type LoadOptions, SentenceTransformer } from "../../src/index.ts";
import { fixture, withFiles } from "../encode/model-folder.ts";

function json(model: string, file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(fixture(model), file), "utf8"));
}

const modules = {
  transformer: { path: "", type: "sentence_transformers.models.Transformer" },
  pooling: { path: "1_Pooling", type: "sentence_transformers.models.Pooling" },
  dense: { path: "2_Dense", type: "sentence_transformers.models.Dense" },
};
const { transformer, pooling, dense } = modules;

function withModules(...entries: unknown[]): Record<string, unknown> {
  return { "modules.json": entries };
}

function withConfig(changes: Record<string, unknown>, model = "bert"): Record<string, unknown> {
  return { "config.json": { ...json(model, "config.json"), ...changes } };
}

/** JSON of arrays in arrays. */
const deep = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: number[];
}

/** The safetensors file of `bert` with its header changed; the bytes stay. */
function withHeader(change: (header: Record<string, Entry>) => void, extraBytes = 0): Uint8Array {
  const bytes = readFileSync(join(fixture("bert"), "model.safetensors"));
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length));
  change(header);
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([prefix, text, bytes.subarray(8 + length), Buffer.alloc(extraBytes)]);
}

async function load(
  model: string,
  files: Record<string, unknown>,
  options: LoadOptions = {},
): Promise<{ warnings: string[] }> {
  await using folder = await withFiles(model, files);
  const warnings: string[] = [];
  const onWarning = (message: string) => void warnings.push(message);
  const loaded = await SentenceTransformer.load(folder.path, { workers: 0, onWarning, ...options });
  await loaded.dispose();
  return { warnings };
}

const wordTable = "embeddings.word_embeddings.weight";
const lastTensor = "encoder.layer.1.output.LayerNorm.weight";

type Refusal = [what: string, code: HpdErrorCode, message: RegExp, files: Record<string, unknown>, model?: string];

const refusals: Record<string, Refusal[]> = {
  "modules.json": [
    ["is no JSON", "corrupt_file", /modules\.json should be JSON/, { "modules.json": '[{"path":' }],
    ["is an object", "corrupt_file", /modules\.json should hold a list/, { "modules.json": {} }],
    ["is empty", "corrupt_file", /modules\.json should hold a list/, withModules()],
    [
      "has 100,000 modules",
      "corrupt_file",
      /modules\.json should hold a list of 1 to 100 modules, got 100000 of them/,
      withModules(...Array(100_000).fill(transformer)),
    ],
    ["is nested 100,000 deep", "corrupt_file", /nested more than 128 deep/, { "modules.json": deep(100_000) }],
    ["has a null", "corrupt_file", /needs a type and a path inside the model, got null/, withModules(null)],
    [
      "has a path that is no string",
      "corrupt_file",
      /needs a type and a path/,
      withModules({ ...transformer, path: 1 }),
    ],
    [
      "names an unknown module",
      "unsupported",
      /modules\.json: the module sentence_transformers\.models\.ReRank is not known; known are Transformer, StaticEmb/,
      withModules(transformer, pooling, { path: "2_ReRank", type: "sentence_transformers.models.ReRank" }),
    ],
    [
      "names a module that is left out",
      "unsupported",
      /modules\.json: the module CNN is not supported: it sees the padding/,
      withModules(transformer, { path: "1_CNN", type: "sentence_transformers.models.CNN" }, pooling),
    ],
    [
      "names a class of somebody else's",
      "unsupported",
      /custom\.Pooling is not known/,
      withModules(transformer, { ...pooling, type: "custom.Pooling" }),
    ],
    [
      "names a property of every object",
      "unsupported",
      /models\.constructor is not known/,
      withModules({ ...transformer, type: "sentence_transformers.models.constructor" }),
    ],
    [
      "begins with Pooling",
      "unsupported",
      /first module should be one of Transformer, StaticEmbedding, WordEmbeddings, got Pooling/,
      withModules(pooling),
    ],
    [
      "calls two modules alike",
      "invalid_model",
      /modules\.json: two modules are called "1"; Python would drop one/,
      withModules(transformer, { ...pooling, name: "1" }, { ...dense, name: "1" }),
    ],
    [
      "has two Transformers",
      "unsupported",
      /a Transformer after the first module/,
      withModules(transformer, transformer, pooling),
    ],
    ["has no pooling", "invalid_model", /reads the feature sentence_embedding/, withModules(transformer)],
    [
      "has a folder that is not there",
      "not_found",
      /9_Pooling\/config\.json/,
      withModules(transformer, { ...pooling, path: "9_Pooling" }),
    ],
    [
      "points out of the model",
      "corrupt_file",
      /modules\.json: a module needs a type and a path inside the model, got .*\.\.\/\.\./,
      withModules(transformer, { ...pooling, path: "../../1_Pooling" }),
    ],
  ],
  "config.json": [
    ["is no JSON", "corrupt_file", /config\.json should be JSON/, { "config.json": '{"hidden_size": NaN}' }],
    ["is a list", "corrupt_file", /config\.json should hold a JSON object/, { "config.json": [] }],
    ["is nested 100,000 deep", "corrupt_file", /nested more than 128 deep/, { "config.json": deep(100_000) }],
    [
      "is of another architecture",
      "unsupported",
      /config\.json: model_type "gpt2" is not known; known are bert, roberta, xlm-roberta, distilbert, mpnet/,
      withConfig({ model_type: "gpt2" }),
    ],
    ["has no model_type", "unsupported", /model_type undefined is not known/, withConfig({ model_type: undefined })],
    [
      "has a strange model_type",
      "unsupported",
      /"constructor" is not known/,
      withConfig({ model_type: "constructor" }),
    ],
    [
      "has an unknown activation",
      "unsupported",
      /hidden_act "swiglu" is not known/,
      withConfig({ hidden_act: "swiglu" }),
    ],
    ["is a decoder's", "unsupported", /is_decoder is true/, withConfig({ is_decoder: true })],
    ...["gptq", "awq", "fp8", "bitsandbytes"].map(
      (method): Refusal => [
        `is of weights quantized by ${method}`,
        "unsupported",
        /config\.json: quantization_config is .* its weights are quantized/,
        withConfig({ quantization_config: { quant_method: method } }),
      ],
    ),
    ...["AutoModel", "AutoConfig"].map(
      (name): Refusal => [
        `has an ${name} of its own`,
        "unsupported",
        /config\.json: auto_map names Auto\w+ "some--code\.Own"/,
        withConfig({ auto_map: { [name]: "some--code.Own" } }),
      ],
    ),
    [
      "has relative positions",
      "unsupported",
      /position_embedding_type is "relative_key"/,
      withConfig({ position_embedding_type: "relative_key" }),
    ],
    [
      "has other buckets of relative positions",
      "unsupported",
      /relative_attention_num_buckets is 64, which is not supported, only 32/,
      withConfig({ relative_attention_num_buckets: 64 }, "mpnet"),
      "mpnet",
    ],
    ...[0, -2, 1.5, "16", null, 1e300, [16]].map(
      (size): Refusal => [
        `has hidden_size ${JSON.stringify(size)}`,
        "invalid_model",
        /config\.json: hidden_size should be a positive integer, got/,
        withConfig({ hidden_size: size }),
      ],
    ),
    [
      "has a hidden size that the heads don't divide",
      "invalid_model",
      /config\.json: .*16.*5/,
      withConfig({ num_attention_heads: 5 }),
    ],
    [
      "has more layers than weights",
      "invalid_model",
      /encoder\.layer\.2\.\S+ .*missing/,
      withConfig({ num_hidden_layers: 3 }),
    ],
    [
      "has absurdly many layers",
      "invalid_model",
      /num_hidden_layers.*1000000000/,
      withConfig({ num_hidden_layers: 1e9 }),
    ],
    [
      "has a huge vocabulary",
      "invalid_model",
      /word_embeddings\.weight should have shape/,
      withConfig({ vocab_size: 1e12 }),
    ],
    ["has a negative epsilon", "invalid_model", /layer_norm_eps should be/, withConfig({ layer_norm_eps: -1 })],
    ["has an epsilon of text", "invalid_model", /layer_norm_eps should be/, withConfig({ layer_norm_eps: "1e-5" })],
    [
      "has a padding id of text",
      "invalid_model",
      /pad_token_id/,
      withConfig({ pad_token_id: "1" }, "roberta"),
      "roberta",
    ],
    ["has half a padding id", "invalid_model", /pad_token_id/, withConfig({ pad_token_id: 0.5 }, "roberta"), "roberta"],
    [
      "has a negative padding id",
      "invalid_model",
      /pad_token_id/,
      withConfig({ pad_token_id: -7 }, "roberta"),
      "roberta",
    ],
  ],
  weights: [
    [
      "are not there",
      "not_found",
      /no weights in its root: looked for model\.safetensors, /,
      { "model.safetensors": null },
    ],
    [
      "are integers, as bitsandbytes leaves them",
      "unsupported",
      /model\.safetensors: the weight encoder\.layer\.0\.\S+ should have an element type of .*, got int8: quantized weights are not supported/,
      {
        "model.safetensors": withHeader((header) => {
          const weight = header["encoder.layer.0.attention.self.query.weight"]!;
          const [begin, end] = weight.data_offsets as [number, number];
          const middle = begin + (end - begin) / 4;
          header["encoder.layer.0.attention.self.query.SCB"] = {
            dtype: "F32",
            shape: [12, 16],
            data_offsets: [middle, end],
          };
          header["encoder.layer.0.attention.self.query.weight"] = {
            dtype: "I8",
            shape: weight.shape,
            data_offsets: [begin, middle],
          };
        }),
      },
    ],
    ...["bert.encoder.layer.1.output.LayerNorm.weight", "encoder.layer.1.output.LayerNorm.gamma"].map(
      (name): Refusal => [
        `have ${name} twice`,
        "invalid_model",
        /two weights for one parameter: encoder\.layer\.1\.output\.LayerNorm\.weight, (bert\.)?encoder\.layer\.1\.output/,
        {
          "model.safetensors": withHeader((header) => {
            header[name] = header["pooler.dense.bias"]!;
            delete header["pooler.dense.bias"];
          }),
        },
      ],
    ),
    [
      "have an adapter beside them",
      "unsupported",
      /adapter_config\.json: PEFT adapters are not supported/,
      { "adapter_config.json": { peft_type: "LORA" } },
    ],
    [
      "are cut",
      "corrupt_file",
      /model\.safetensors is not a valid safetensors file: it should have \d+ bytes, it has 5000/,
      { "model.safetensors": readFileSync(join(fixture("bert"), "model.safetensors")).subarray(0, 5000) },
    ],
    [
      "are cut (PyTorch)",
      "corrupt_file",
      /pytorch_model\.bin/,
      { "pytorch_model.bin": readFileSync(join(fixture("distilbert"), "pytorch_model.bin")).subarray(0, 5000) },
      "distilbert",
    ],
    [
      "are a pickle that calls os.system",
      "unsupported",
      /pytorch_model\.bin refers to posix\.system, .* nothing in it is executed/,
      { "pytorch_model.bin": readFileSync(new URL("../gold/formats/system.bin", import.meta.url)) },
      "distilbert",
    ],
    [
      "have one of the wrong shape",
      "invalid_model",
      /model\.safetensors: the weight embeddings\.word_embeddings\.weight should have shape \[142,16\], got \[16,142\]/,
      { "model.safetensors": withHeader((header) => header[wordTable]!.shape.reverse()) },
    ],
    [
      "lack one",
      "invalid_model",
      /model\.safetensors: the weight encoder\.layer\.1\.output\.LayerNorm\.weight of shape \[16\] is missing/,
      {
        "model.safetensors": withHeader((header) => {
          header.other = header[lastTensor]!;
          delete header[lastTensor];
        }),
      },
    ],
  ],
  "a module": [
    [
      "Pooling is for another width",
      "invalid_model",
      /1_Pooling\/config\.json: the embedding dimension should be that of the token embeddings, 16, got 8/,
      { "1_Pooling/config.json": { word_embedding_dimension: 8, pooling_mode_mean_tokens: true } },
    ],
    [
      "Pooling is given texts",
      "invalid_model",
      /1_Pooling\/config\.json: a Pooling takes embeddings of tokens/,
      {
        "modules.json": [
          { type: "sentence_transformers.models.Transformer", path: "" },
          { type: "sentence_transformers.models.Pooling", path: "1_Pooling" },
          { type: "sentence_transformers.models.Dense", path: "2_Dense_square" },
          { type: "sentence_transformers.models.Pooling", path: "1_Pooling" },
        ],
        "2_Dense_square/config.json": {
          in_features: 16,
          out_features: 16,
          module_input_name: "sentence_embedding",
          module_output_name: "token_embeddings",
        },
      },
    ],
    [
      "Pooling has an unknown mode",
      "unsupported",
      /1_Pooling\/config\.json: pooling_mode "median" is not known/,
      { "1_Pooling/config.json": { embedding_dimension: 16, pooling_mode: "median" } },
    ],
    [
      "Pooling has 100,000 modes",
      "invalid_model",
      /1_Pooling\/config\.json: pooling_mode has 100000 modes, expected at most 64/,
      { "1_Pooling/config.json": { embedding_dimension: 16, pooling_mode: Array(100_000).fill("mean") } },
    ],
    [
      "Dense has an activation that is no text",
      "unsupported",
      /2_Dense\/config\.json: activation_function \{"toString":1\} is not known/,
      {
        ...withModules(transformer, pooling, dense),
        "2_Dense/config.json": { ...json("bert", "2_Dense/config.json"), activation_function: { toString: 1 } },
      },
    ],
    [
      "Dense is for another width",
      "invalid_model",
      /2_Dense.*linear\.weight/,
      {
        ...withModules(transformer, pooling, dense),
        "2_Dense/config.json": { ...json("bert", "2_Dense/config.json"), in_features: 99 },
      },
    ],
    [
      "Dense reads a property of every object",
      "invalid_model",
      /Dense reads the feature constructor, but/,
      {
        ...withModules(transformer, pooling, dense),
        "2_Dense/config.json": { ...json("bert", "2_Dense/config.json"), module_input_name: "constructor" },
      },
    ],
    [
      "Dense gives an embedding for each token",
      "invalid_model",
      /sentence_embedding should have shape \[batch,dimension\], the modules give \[batch,sequence,\d+\]/,
      {
        ...withModules(transformer, dense),
        "2_Dense/config.json": {
          ...json("bert", "2_Dense/config.json"),
          module_input_name: "token_embeddings",
          module_output_name: "sentence_embedding",
        },
      },
    ],
  ],
  "sentence_bert_config.json": [
    [
      "asks for another task",
      "unsupported",
      /sentence_bert_config\.json: transformer_task should be "feature-extraction", got "fill-mask"/,
      { "sentence_bert_config.json": { transformer_task: "fill-mask" } },
    ],
    [
      "asks for another output",
      "unsupported",
      /sentence_bert_config\.json: modality_config.text.method_output_name should be "last_hidden_state", got "pooler_output"/,
      {
        "sentence_bert_config.json": {
          modality_config: { text: { method: "forward", method_output_name: "pooler_output" } },
        },
      },
    ],
    [
      "gives it another name",
      "unsupported",
      /module_output_name should be "token_embeddings", got "other"/,
      { "sentence_bert_config.json": { ...json("bert", "sentence_bert_config.json"), module_output_name: "other" } },
    ],
    [
      "has an unknown key",
      "unsupported",
      /sentence_bert_config\.json: the key "pooling" is not known; known are max_seq_length/,
      { "sentence_bert_config.json": { pooling: "cls" } },
    ],
    [
      "names another model's tokenizer",
      "unsupported",
      /tokenizer_name_or_path is "bert-base-uncased", which is not supported, only null/,
      { "sentence_bert_config.json": { tokenizer_name_or_path: "bert-base-uncased" } },
    ],
    [
      "pads on the left, where positions are counted from",
      "unsupported",
      /padding on the left is not supported for a BertModel: the positions .* Set padding_side/,
      { "tokenizer_config.json": { ...json("bert", "tokenizer_config.json"), padding_side: "left" } },
    ],
    [
      "pads on the left by its tokenizer.json",
      "unsupported",
      /padding on the left is not supported for a BertModel/,
      {
        "tokenizer.json": {
          ...json("bert", "tokenizer.json"),
          padding: { strategy: "BatchLongest", direction: "Left" },
        },
      },
    ],
    [
      "has the template of a chat",
      "unsupported",
      /modality_config has "message"/,
      {
        "sentence_bert_config.json": {
          module_output_name: "token_embeddings",
          modality_config: {
            text: { method: "forward", method_output_name: "last_hidden_state" },
            message: { method: "forward", method_output_name: "last_hidden_state" },
          },
        },
      },
    ],
    [
      "leaves no room for the special tokens",
      "invalid_model",
      /the maximum length of a query should be at least its 2 special tokens, got 1/,
      { "sentence_bert_config.json": { query_length: 1 } },
    ],
    [
      "has a query length that its expansion doesn't fit",
      "invalid_model",
      /query_length 4 is less than the length 9 of query_expansion/,
      { "sentence_bert_config.json": { query_length: 4, query_expansion: { strategy: "fixed", length: 9 } } },
    ],
    [
      "takes no text",
      "unsupported",
      /modality_config.text.method should be "forward", got undefined/,
      { "sentence_bert_config.json": { modality_config: null } },
    ],
  ],
  "config_sentence_transformers.json": [
    ...["SparseEncoder", "CrossEncoder", "MultiVectorEncoder", "ColBERT", null].map(
      (kind): Refusal => [
        `is of a ${kind}`,
        "unsupported",
        /config_sentence_transformers\.json: model_type is .*only "SentenceTransformer"/,
        { "config_sentence_transformers.json": { model_type: kind } },
      ],
    ),
    [
      "requires another version than the one reproduced",
      "unsupported",
      /requires "sentence_transformers" ">=7" \("New pooling"\), but hpd reproduces sentence_transformers 6\.2\.0/,
      {
        "config_sentence_transformers.json": {
          requirements: { sentence_transformers: { specifier: ">=7", reason: "New pooling" } },
        },
      },
    ],
    [
      "has prompts that are a list",
      "invalid_model",
      /config_sentence_transformers\.json: prompts should map names to texts/,
      { "config_sentence_transformers.json": { prompts: ["query: "] } },
    ],
    [
      "has a default prompt that is not there",
      "invalid_model",
      /default_prompt_name should be one of query, document, got "a"/,
      { "config_sentence_transformers.json": { default_prompt_name: "a" } },
    ],
    [
      "has a truncate_dim of text",
      "invalid_model",
      /config_sentence_transformers\.json: truncate_dim should be/,
      { "config_sentence_transformers.json": { truncate_dim: "8" } },
    ],
    [
      "has a similarity that is not known",
      "unsupported",
      /config_sentence_transformers\.json.*"hamming" is not known/,
      { "config_sentence_transformers.json": { similarity_fn_name: "hamming" } },
    ],
  ],
};

test("paths of modules may have more slashes than they need", async () => {
  const path = `.${"/".repeat(300_000)}1_Pooling${"/".repeat(300_000)}`;
  expect(await load("bert", withModules(transformer, { ...pooling, path }))).toEqual({ warnings: [] });
});

for (const [file, cases] of Object.entries(refusals)) {
  describe(`${file}, refused where it`, () => {
    test.each(cases)("%s", async (_, code, message, files, model = "bert") => {
      await expect(load(model, files)).rejects.toEqual(
        expect.objectContaining({ name: "HpdError", code, message: expect.stringMatching(message) }),
      );
    });
  });
}

describe("arguments of load, refused where", () => {
  test.each<[string, HpdErrorCode, RegExp, string, LoadOptions]>([
    ["the folder is missing", "not_found", /no-such-folder/, "./no-such-folder", {}],
    ["a file is given", "invalid_argument", /config\.json/, join(fixture("bert"), "config.json"), {}],
    ["the folder holds no model", "not_found", /neither modules\.json .* nor config\.json/, fixture(""), {}],
    [
      "pooling is given and the model has its own",
      "invalid_argument",
      /own modules/,
      fixture("bert"),
      { pooling: "cls" },
    ],
    ["pooling is not known", "invalid_argument", /pooling.*"sum"/, fixture("bert-plain"), { pooling: "sum" as "cls" }],
    ["the precision is another", "invalid_argument", /dtype.*"fp16"/, fixture("bert"), { dtype: "fp16" as "fp32" }],
    [
      "the similarity is another",
      "invalid_argument",
      /similarityFunction.*"l3"/,
      fixture("bert"),
      { similarityFunction: "l3" as "dot" },
    ],
    ["the path is no string", "invalid_argument", /null/, null as unknown as string, {}],
    ["the path is empty", "invalid_argument", /a folder or a hub id, got an empty text/, "", {}],
  ])("%s", async (_, code, message, path, options) => {
    await expect(
      SentenceTransformer.load(path, { localFilesOnly: true, onWarning: () => {}, ...options }),
    ).rejects.toEqual(expect.objectContaining({ name: "HpdError", code, message: expect.stringMatching(message) }));
  });

  test("a DistilBERT is asked for a pooler, which it hasn't", async () => {
    await expect(load("distilbert", { "modules.json": null }, { pooling: "pooler" })).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(/a DistilBertModel has no pooler/),
    });
  });
});

describe("loaded, as in Python,", () => {
  const plain = json("bert", "sentence_bert_config.json");
  test.each<[string, Record<string, unknown>, string?]>([
    ["a prompt of null", { "config_sentence_transformers.json": { prompts: { query: null, document: "the " } } }],
    ["null for optional keys", { "config_sentence_transformers.json": { truncate_dim: null, requirements: null } }],
    ["a module config that says nothing", { "sentence_bert_config.json": {}, "sentence_roberta_config.json": plain }],
    ["a module config that is null", { "sentence_bert_config.json": "null", "sentence_roberta_config.json": plain }],
    ["no module config", { "sentence_bert_config.json": null }],
    ["an auto_map of other classes", withConfig({ auto_map: { AutoModelForMaskedLM: "own.Own" } })],
    ["quantization_config null", withConfig({ quantization_config: null })],
    ["an unknown key of config.json", withConfig({ some_note: 1 })],
  ])("%s", async (_, files) => {
    expect((await load("bert", files)).warnings).toEqual([]);
  });

  test("the next name where a module config says nothing", async () => {
    await using folder = await withFiles("bert", {
      "sentence_bert_config.json": {},
      "sentence_xlnet_config.json": { max_seq_length: 7 },
    });
    expect((await SentenceTransformer.load(folder.path)).maxSeqLength).toBe(7);
  });

  test("padding on the left, where positions are counted over tokens", async () => {
    const config = { ...json("roberta", "tokenizer_config.json"), padding_side: "left" };
    await using folder = await withFiles("roberta", { "tokenizer_config.json": config });
    await using model = await SentenceTransformer.load(folder.path, { workers: 0 });
    expect(model.maxSeqLength).toBe(60);
  });

  test("RoBERTa has two positions fewer than its config says, whatever length is asked for", async () => {
    await using folder = await withFiles("roberta", { "sentence_bert_config.json": { max_seq_length: 1000 } });
    await using model = await SentenceTransformer.load(folder.path, { workers: 0 });
    const { max_position_embeddings: rows } = json("roberta", "config.json");
    expect(model.maxSeqLength).toBe((rows as number) - 2);
  });

  test("a causal language model without modules.json: its last token", async () => {
    const architectures = ["BertForCausalLM"];
    for (const [changes, mode] of [
      [{ architectures }, "lasttoken"],
      [{ architectures, is_causal: false }, "mean"],
      [{ architectures: ["BertModel", ...architectures] }, "mean"],
      [{ architectures: null }, "mean"],
    ] as const) {
      const config = { ...json("bert-plain", "config.json"), ...changes };
      const { warnings } = await load("bert-plain", { "config.json": config });
      expect(warnings).toContainEqual(expect.stringMatching(`using ${mode} pooling`));
    }
  });

  test("a plain transformers folder, whatever sentence-transformers' files say", async () => {
    await using folder = await withFiles("bert-plain", {
      "sentence_bert_config.json": { max_seq_length: 7 },
      "config_sentence_transformers.json": { model_type: "CrossEncoder", default_prompt_name: "other" },
    });
    const model = await SentenceTransformer.load(folder.path, { workers: 0, onWarning() {} });
    expect(model.maxSeqLength).toBe(64);
    expect(model.defaultPromptName).toBeUndefined();
  });

  test("but not a plain transformers folder with the template of a chat", async () => {
    await expect(load("bert-plain", { "chat_template.jinja": "{{ messages }}" })).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(/chat template \(chat_template\.jinja\).*Remove the template/),
    });
  });
});

describe("warned of, and loaded", () => {
  test("a half precision to which Python would round", async () => {
    const { warnings } = await load("bert", withConfig({ dtype: "float16" }));
    expect(warnings).toEqual([expect.stringMatching(/config\.json: dtype is float16, to which Python rounds/)]);
    // These are stored in half precision, and the same numbers either way.
    expect((await load("mpnet", {})).warnings).toEqual([]);
  });

  test("requirements that can't be verified", async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => [`package-${index}`, ">=1"]);
    const requirements = {
      transformers: ">=5",
      constructor: { specifier: ">=0.7", reason: { toString: 1 } },
      "sentence-transformers": "latest",
      ...Object.fromEntries(many),
    };
    const { warnings } = await load("bert", {
      "config_sentence_transformers.json": { ...json("bert", "config_sentence_transformers.json"), requirements },
    });
    expect(warnings).toEqual([
      expect.stringMatching(
        /can't be verified here: "constructor" ">=0\.7", "sentence-transformers" "latest", .* 9994 more$/,
      ),
    ]);
  });

  test("a weight that nothing uses", async () => {
    const offset = readFileSync(join(fixture("bert"), "model.safetensors"));
    const end = offset.length - 8 - Number(offset.readBigUInt64LE(0));
    const extra = { dtype: "F32", shape: [2], data_offsets: [end, end + 8] };
    const bytes = withHeader((header) => {
      header["encoder.layer.7.gate"] = extra;
    }, 8);
    const { warnings } = await load("bert", { "model.safetensors": bytes });
    expect(warnings).toEqual([
      expect.stringMatching(/model\.safetensors: weights that are not used: encoder\.layer\.7\.gate/),
    ]);
  });

  test("a plain transformers folder without a pooling", async () => {
    const { warnings } = await load("bert-plain", {});
    expect(warnings).toContainEqual(expect.stringMatching(/plain transformers folder .* using mean pooling/));
    expect((await load("bert-plain", {}, { pooling: "mean" })).warnings).not.toContainEqual(
      expect.stringMatching(/mean pooling/),
    );
  });
});

describe("families that are told by more than their model_type", () => {
  test("NomicBERT's code may lie beside its weights, as in nomic-bert-2048: Python takes its own class all the same", async () => {
    const auto_map = {
      AutoConfig: "configuration_hf_nomic_bert.NomicBertConfig",
      AutoModel: "modeling_hf_nomic_bert.NomicBertModel",
    };
    expect((await load("nomic-hub", withConfig({ auto_map }, "nomic-hub"))).warnings).toEqual([]);
  });

  const jina = "jinaai/jina-bert-implementation--";
  const own = {
    AutoConfig: `${jina}configuration_bert.JinaBertConfig`,
    AutoModel: `${jina}modeling_bert.JinaBertModel`,
  };
  test.each([
    [
      "code beside the weights",
      "jina-bert",
      { auto_map: { AutoModel: "modeling_bert.JinaBertModel" } },
      /auto_map names/,
    ],
    [
      "another repository's code",
      "jina-bert",
      { auto_map: { ...own, AutoModel: own.AutoModel.replace("jinaai", "other") } },
      /auto_map names/,
    ],
    [
      "another config's code",
      "jina-bert",
      { auto_map: { ...own, AutoConfig: "configuration_bert.Other" } },
      /auto_map names/,
    ],
    [
      "JinaBERT with a table of positions",
      "jina-bert",
      { position_embedding_type: "absolute" },
      /position_embedding_type/,
    ],
    ["JinaBERT without a gate", "jina-bert", { feed_forward_type: "original" }, /feed_forward_type.*geglu, reglu/],
    ["ALiBi without code that says so", "jina-bert", { auto_map: undefined }, /position_embedding_type/],
    ["DeBERTa with a convolution", "deberta-v2", { conv_kernel_size: 3 }, /conv_kernel_size/],
    ["an unknown kind of positions", "deberta-v2", { pos_att_type: "c2p|p2p" }, /pos_att_type.*c2p, p2c/],
    ["buckets beyond the distances", "deberta-v2", { position_buckets: 400 }, /position_buckets/],
    ["T5 as a decoder", "t5", { is_decoder: true }, /is_decoder/],
    ["T5 with another feed-forward", "t5", { feed_forward_proj: "wide-relu" }, /feed_forward_proj/],
    ["T5 with a gate that the checkpoint lacks", "t5", { feed_forward_proj: "gated-gelu" }, /wi_0.weight.*is missing/],
    ["T5 with distances fewer than buckets", "t5", { relative_attention_max_distance: 8 }, /32 buckets/],
    ["ALBERT with more groups than layers", "albert", { num_hidden_groups: 4 }, /num_hidden_groups.*at most/],
    [
      "NomicBERT with code of another repository",
      "nomic-hub",
      { auto_map: { AutoModel: "other/nomic--modeling_hf_nomic_bert.NomicBertModel" } },
      /auto_map names AutoModel.*known is .*nomic-ai\/nomic-bert-2048--/,
    ],
    ["GTE with code beside the weights", "gte-new", { auto_map: { AutoModel: "modeling.NewModel" } }, /auto_map names/],
    ["a mixture of experts", "nomic-hub", { moe_every_n_layers: 2, num_experts: 8 }, /mixture of experts/],
    ["NomicBERT without a gate", "nomic-hub", { activation_function: "gelu" }, /activation_function.*"swiglu"/],
    ["two dialects that disagree", "nomic-hub", { hidden_size: 48 }, /n_embd is 32, but hidden_size is 48/],
    ["the authors' keys without a base", "nomic-hub", { rotary_emb_base: undefined }, /expected rotary_emb_base/],
    ["half of each head turned", "nomic-hub", { rotary_emb_fraction: 0.5 }, /rotary_emb_fraction/],
    ["frequencies by the longest text", "nomic-hub", { rotary_scaling_factor: 2 }, /rotary_scaling_factor/],
    ["heads that don't divide, NomicBERT", "nomic-native", { num_attention_heads: 5 }, /num_attention_heads 5/],
    [
      "another type of rotary positions",
      "nomic-native",
      { rope_parameters: { rope_type: "yarn" } },
      /"yarn".*default, linear/,
    ],
    ["a base of 0", "nomic-native", { rope_parameters: { rope_theta: 0 } }, /rope_theta should be a number above 0/],
    ["NTK without a factor", "gte-new", { rope_scaling: { type: "ntk" } }, /factor should be a non-negative number/],
    ["NTK that shrinks", "gte-new", { rope_scaling: { type: "ntk", factor: 1 } }, /factor of type ntk/],
    ["mixed NTK", "gte-new", { rope_scaling: { type: "ntk", factor: 2, mixed_b: 0.5 } }, /mixed_b/],
    ["scores by the length of a text", "gte-new", { logn_attention_scale: true }, /logn_attention_scale/],
    ["GTE with another norm", "gte-new", { layer_norm_type: "rms_norm" }, /layer_norm_type/],
    [
      "an unknown kind of layer",
      "modernbert-native",
      { layer_types: Array(5).fill("chunked_attention") },
      /chunked_attention.*known are/,
    ],
    ["fewer kinds than layers", "modernbert-native", { layer_types: ["full_attention"] }, /each of the 5 layers/],
    ["a window of nothing", "modernbert-hub", { local_attention: 0 }, /local_attention should be a positive integer/],
    [
      "ModernBERT with one base for all",
      "modernbert-native",
      { rope_parameters: { rope_theta: 1 } },
      /rope_parameters.*rope_theta/,
    ],
    ["a bias that the checkpoint lacks", "modernbert-hub", { mlp_bias: true }, /mlp.Wi.bias.*is missing/],
    [
      "a bias that the config lacks",
      "modernbert-native",
      { attention_bias: false },
      /attn.Wqkv.bias.*attention_bias is not true/,
    ],
    ["heads that don't divide", "electra", { num_attention_heads: 5 }, /num_attention_heads 5/],
  ] as const)("%s", async (_, model, changes, message) => {
    await expect(load(model, withConfig(changes, model))).rejects.toThrow(message);
  });

  // transformers attends causally where no text of a batch has padding, else both ways.
  test.each([
    ...["bert", "roberta", "distilbert", "electra", "albert", "t5", "umt5"],
    ...["gte-native", "nomic-native", "modernbert-native"],
  ])("%s that is causal for some texts", async (model) => {
    await expect(load(model, withConfig({ is_causal: true }, model))).rejects.toThrow(
      /is_causal is true.*null or false/,
    );
  });
});
