/**
 * The sentence_bert_config.json of a Transformer module: overrides of its other configs, and the preparation of texts.
 * Source: sentence-transformers 6.2, `Transformer.load_config`, `_load_init_kwargs` and `__init__`.
 */
import { describe, isObject, type JsonObject } from "../../common/json.ts";
import { checkKeys, type KeyTable } from "../../common/key-table.ts";
import { HpdError } from "../../errors.ts";
import type { ModelSource } from "../../hub/model-source.ts";
import { moduleConfigNames } from "../../hub/module-config-names.ts";
import {
  configKwargsKeys,
  modelKwargsKeys,
  pairProcessingKeys,
  sentenceBertKeys,
  tokenizerKwargsKeys,
} from "../keys/sentence-bert-keys.ts";
import { boolean, object, optionalPositiveInteger, pathIn, readJson } from "../read-json.ts";
import { parseTextLengths, type TextLengths } from "./text-lengths.ts";

/** Token embeddings, the logits of a masked language head in their place, or the scores of a classification head. */
export type TransformerTask = "feature-extraction" | "fill-mask" | "sequence-classification";

/** The output of the network, and the feature that it becomes. */
const outputsOfTask: Readonly<Record<TransformerTask, readonly [string, string]>> = {
  "feature-extraction": ["last_hidden_state", "token_embeddings"],
  "fill-mask": ["logits", "token_embeddings"],
  "sequence-classification": ["logits", "scores"],
};

export interface TransformerSettings {
  /** Overrides of config.json. */
  readonly config: JsonObject;
  /** Overrides of tokenizer_config.json. */
  readonly tokenizer: JsonObject;
  /** Override of `model_max_length` of tokenizer_config.json. */
  readonly maxSeqLength: number | undefined;
  readonly doLowerCase: boolean;
  readonly lengths: TextLengths;
  /** The keys of `lengths`, as they were read. */
  readonly lengthKeys: JsonObject;
  readonly task: TransformerTask;
}

/** The tasks that a Transformer is loaded for. */
export interface KnownTasks {
  readonly known: readonly TransformerTask[];
  /** The task of a config that names none. Default: `feature-extraction`. */
  readonly otherwise?: TransformerTask;
}

/** The settings of a plain transformers folder, in which Python reads no such file, and of a module that has none. */
export const plainSettings: TransformerSettings = {
  config: {},
  tokenizer: {},
  maxSeqLength: undefined,
  doLowerCase: false,
  lengths: { sentence: undefined, query: undefined, document: undefined },
  lengthKeys: {},
  task: "feature-extraction",
};

/**
 * @param folder of the module inside the model
 * @throws HpdError `corrupt_file`, `invalid_model`, `unsupported` naming the file and the key
 */
export async function readTransformerSettings(
  source: ModelSource,
  folder: string,
  tasks: KnownTasks = { known: ["feature-extraction"] },
): Promise<TransformerSettings> {
  if (!source.files.includes("modules.json")) return plainSettings;
  for (const name of moduleConfigNames) {
    const file = pathIn(folder, name);
    if (!source.files.includes(file)) continue;
    const config = await readJson(source, file);
    if (saysNothing(config)) continue;
    if (isObject(config)) return parseTransformerSettings(config, `${source.name}/${file}`, tasks);
    throw new HpdError("corrupt_file", `${source.name}/${file} should hold a JSON object, got ${describe(config)}`);
  }
  return tasks.otherwise === undefined ? plainSettings : { ...plainSettings, task: tasks.otherwise };
}

/** Whether a config is false in Python, which then tries the next name. */
function saysNothing(config: unknown): boolean {
  return !config || (typeof config === "object" && Object.keys(config).length === 0);
}

/** @param file for messages */
function parseTransformerSettings(config: JsonObject, file: string, tasks: KnownTasks): TransformerSettings {
  checkKeys(config, sentenceBertKeys, file);
  const task = checkedTask(config, file, tasks);
  if (task === "sequence-classification") checkPairProcessing(config, file);
  const kwargs = (key: string, oldKey: string, table: KeyTable): JsonObject => {
    // Python takes the old name where there are both.
    const name = oldKey in config ? oldKey : key;
    const given = object(config, name, file);
    checkKeys(given, table, `${file}: ${name}`);
    return Object.fromEntries(
      Object.entries(given).filter(([key]) => !Object.hasOwn(table.keys, key) || table.keys[key] === "read"),
    );
  };
  kwargs("model_kwargs", "model_args", modelKwargsKeys);
  const { model_max_length: maxLength, ...tokenizer } = kwargs(
    "processor_kwargs",
    "tokenizer_args",
    tokenizerKwargsKeys,
  );
  if (maxLength === null) {
    throw new HpdError(
      "unsupported",
      `${file}: model_max_length should be a positive integer, got null: texts of any length are not supported`,
    );
  }
  const { processing_kwargs, query_length, document_length, query_expansion } = config;
  const lengthKeys = { processing_kwargs, query_length, document_length, query_expansion };
  return {
    config: kwargs("config_kwargs", "config_args", configKwargsKeys),
    tokenizer,
    maxSeqLength:
      optionalPositiveInteger({ model_max_length: maxLength }, "model_max_length", file) ??
      optionalPositiveInteger(config, "max_seq_length", file),
    doLowerCase: boolean(config, "do_lower_case", file, false),
    lengths: parseTextLengths(config, file),
    lengthKeys: Object.fromEntries(
      Object.entries(lengthKeys).filter(([, value]) => (value ?? undefined) !== undefined),
    ),
    task,
  };
}

function checkPairProcessing(config: JsonObject, file: string): void {
  const processing = object(config, "processing_kwargs", file);
  for (const part of ["text", "common"]) {
    const where = `${file}: processing_kwargs`;
    checkKeys(object(processing, part, where), pairProcessingKeys, `${where}.${part}`);
  }
}

/** The task of a config. Refuses other tasks of Python's Transformer (since version 5.5) than those it is loaded for. */
function checkedTask(config: JsonObject, file: string, tasks: KnownTasks): TransformerTask {
  const expect = (key: string, expected: string, value: unknown): void => {
    if (value === expected) return;
    throw new HpdError("unsupported", `${file}: ${key} should be "${expected}", got ${describe(value)}`);
  };
  const stated = config.transformer_task ?? tasks.otherwise ?? "feature-extraction";
  const task = tasks.known.find((known) => known === stated);
  if (task === undefined) {
    const expected = tasks.known.map((known) => `"${known}"`).join(" or ");
    throw new HpdError("unsupported", `${file}: transformer_task should be ${expected}, got ${describe(stated)}`);
  }
  const [methodOutput, moduleOutput] = outputsOfTask[task];
  const { modality_config: modalities } = config;
  // Without it, Python takes its own output name too.
  if (modalities === undefined) return task;
  const { text, message } = isObject(modalities) ? modalities : ({} as JsonObject);
  const { method, method_output_name: output } = isObject(text) ? text : ({} as JsonObject);
  expect("modality_config.text.method", "forward", method);
  const [name, ...further] = [output].flat();
  expect("modality_config.text.method_output_name", methodOutput, further.length === 0 ? name : output);
  expect("module_output_name", moduleOutput, config.module_output_name);
  if (message === undefined) return task;
  throw new HpdError(
    "unsupported",
    `${file}: modality_config has "message": texts would be written into a chat template, which is not supported`,
  );
}
