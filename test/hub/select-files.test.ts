import { describe, expect, test } from "vitest";
import { hasWeights, readModuleFolders, selectFiles } from "../../src/hub/select-files.ts";

const miniLm = [
  ".gitattributes",
  "1_Pooling/config.json",
  "README.md",
  "config.json",
  "config_sentence_transformers.json",
  "data_config.json",
  "model.safetensors",
  "modules.json",
  "onnx/config.json",
  "onnx/model.onnx",
  "openvino/openvino_model.bin",
  "openvino/openvino_model.xml",
  "pytorch_model.bin",
  "rust_model.ot",
  "sentence_bert_config.json",
  "special_tokens_map.json",
  "tf_model.h5",
  "tokenizer.json",
  "tokenizer_config.json",
  "train_script.py",
  "vocab.txt",
];

describe("selectFiles", () => {
  test("takes the weights of hpd quantize where there are no others", () => {
    const others = miniLm.filter((file) => !/^(model|pytorch_model)\./.test(file));
    const quantized = [...others, "model.int8.safetensors", "quantization.json"];
    expect(hasWeights(quantized)).toBe(true);
    expect(selectFiles(quantized, []).filter((file) => /safetensors|quant/.test(file))).toEqual([
      "model.int8.safetensors",
    ]);
    expect(selectFiles([...miniLm, "model.int8.safetensors"], [])).not.toContain("model.int8.safetensors");
  });

  test("takes configs, tokenizer, module folders, and weights in one format", () => {
    expect(selectFiles(miniLm, ["1_Pooling"])).toEqual([
      "1_Pooling/config.json",
      "config.json",
      "config_sentence_transformers.json",
      "data_config.json",
      "model.safetensors",
      "modules.json",
      "sentence_bert_config.json",
      "special_tokens_map.json",
      "tokenizer.json",
      "tokenizer_config.json",
      "vocab.txt",
    ]);
  });

  test("chooses the format of weights for each folder", () => {
    const files = [
      "pytorch_model.bin",
      "2_Dense/pytorch_model.bin",
      "2_Dense/model.safetensors",
      "3_Dense/pytorch_model.bin",
    ];
    expect(selectFiles(files, [])).toEqual([
      "2_Dense/model.safetensors",
      "3_Dense/pytorch_model.bin",
      "pytorch_model.bin",
    ]);
  });

  test("takes an index with its shards, of the format that comes first", () => {
    const safetensors = [
      "model-00001-of-00002.safetensors",
      "model-00002-of-00002.safetensors",
      "model.safetensors.index.json",
    ];
    const bin = ["pytorch_model-00001-of-00001.bin", "pytorch_model.bin.index.json"];
    expect(selectFiles([...bin, ...safetensors], [])).toEqual(safetensors);
    expect(selectFiles(bin, [])).toEqual(bin);
    expect(selectFiles([...safetensors, "model.safetensors"], [])).toEqual(["model.safetensors"]);
    expect(selectFiles([...safetensors, "pytorch_model.bin"], [])).toEqual(safetensors);
  });

  test("leaves out what training and other frameworks leave behind", () => {
    const files = [
      "checkpoint-500/model.safetensors",
      "trainer_state.json",
      "flax_model.msgpack",
      "model.gguf",
      "eval/results.json",
    ];
    expect(selectFiles(files, [])).toEqual([]);
  });

  test("takes folders of modules by their usual names, nested ones too, and by modules.json", () => {
    const files = ["query_0_Transformer/1_Pooling/config.json", "custom/config.json", "other/config.json"];
    expect(selectFiles(files, ["custom"])).toEqual(["custom/config.json", "query_0_Transformer/1_Pooling/config.json"]);
  });
});

test("readModuleFolders gives the folders and refuses paths that leave the model", () => {
  const modules = [{ path: "" }, { path: "1_Pooling" }, {}];
  expect(readModuleFolders(JSON.stringify(modules))).toEqual(["1_Pooling"]);
  for (const text of [
    "",
    "{}",
    '[{"path":"../x"}]',
    '[{"path":7}]',
    '[{"path":"/x"}]',
    JSON.stringify(Array(101).fill({})),
  ]) {
    expect(() => readModuleFolders(text)).toThrow(expect.objectContaining({ code: "corrupt_file" }));
  }
});

test("hasWeights", () => {
  expect(hasWeights(["config.json", "0_Transformer/pytorch_model.bin"])).toBe(true);
  expect(hasWeights(["config.json", "onnx/model.onnx"])).toBe(false);
});
