/**
 * Folders with odd settings, drawn at random: Python's ids, or a refusal by an HpdError. See
 * tools/gold/tokenizer-settings.py, which makes more of them for HPD_TOKENIZER_SETTINGS.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/common/json.ts";
import type { KeyTable } from "../../src/common/key-table.ts";
import { HpdError } from "../../src/errors.ts";
import { buildTokenizer } from "../../src/tokenizer/build-tokenizer.ts";
import { tokenizerClass } from "../../src/tokenizer/tokenizer-class.ts";
import {
  paddingKeys,
  sectionKeys,
  tokenizerConfigKeys,
  tokenizerJsonKeys,
  truncationKeys,
} from "../../src/tokenizer/tokenizer-keys.ts";

/** What is refused by name though Python takes it. */
const refused = [
  // Python gives the token a new id, for which there is no embedding.
  /the (bos|eos|cls|sep|pad)_token of \w+ should be in the vocabulary of/,
  // A key by its name, for what it would do.
  /tokenizer_config\.json: \w+ is .*, which is not supported/,
  // Python picks one of the two, another one the next time.
  /added token of two ids/,
  // Values that are none of their kind.
  /(max_len|model_max_length) should be a positive integer, got (true|false|0)/,
  /(add_prefix_space|do_lower_case|keep_accents|split_by_punct) should be true or false, got/,
  /extra_ids should be an integer from 0 to 10000, got (true|false)/,
  // Two tokens of one id, of which Python keeps one for some purposes and the other for others.
  /added_tokens\.json: .* have the same id/,
  /the tokenizer class "?[A-Za-z0-9]+"? is not supported/,
  /the model has no vocabulary that can be read/,
  /holds a \w+ model and the tokenizer class needs/,
  /prepend_scheme "first" (is supported as the first step alone|after the normalizer \w+ is not supported)/,
  /a template of tokenizer\.json with the type 1/,
];

interface Case {
  readonly base: string;
  readonly changed: Readonly<Record<string, unknown>>;
  readonly removed: readonly string[];
  /** Where Python refuses; else the rest is there. */
  readonly error?: string;
  readonly maxLength: number;
  readonly padId: number;
  readonly paddingSide: string;
  readonly specialIds: readonly number[];
  readonly tokenTypes: boolean;
  readonly ids: readonly (readonly number[])[];
}

const path = process.env.HPD_TOKENIZER_SETTINGS ?? "test/gold/tokenizer-settings.json.gz";
const { modelTypes, keys, texts, bases, cases } = JSON.parse(gunzipSync(readFileSync(path)).toString("utf8")) as {
  modelTypes: Record<string, string>;
  keys: Record<string, string[]>;
  texts: string[];
  bases: Record<string, Record<string, unknown>>;
  cases: Case[];
};

function filesOf({ base, changed, removed }: Case): Map<string, string> {
  const config = bases[base]!["config.json"] as JsonObject;
  // Of the rows of positions some may be for padding: the loader tells how many a text can have.
  const isOffset = ["mpnet", "roberta", "xlm-roberta"].includes(config.model_type as string);
  const positions = (config.max_position_embeddings as number) - (isOffset ? 2 : 0);
  const loaded = { "config.json": { ...config, max_position_embeddings: positions } };
  const files = Object.entries({ ...bases[base], ...loaded, ...changed }).filter(([name]) => !removed.includes(name));
  return new Map(files.map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]));
}

/** What is not as in Python, or undefined. */
function difference(wanted: Case): unknown {
  try {
    const tokenizer = buildTokenizer(filesOf(wanted));
    // What Python refuses may be taken here: it gives no other result than Python's.
    if (wanted.error !== undefined) return undefined;
    if (wanted.tokenTypes) return "should be refused";
    if (wanted.paddingSide !== tokenizer.paddingSide) return { paddingSide: tokenizer.paddingSide };
    const { maxLength, padId, specialIds } = tokenizer;
    const settings = { maxLength, padId, specialIds: [...specialIds].sort((a, b) => a - b) };
    const { maxLength: length, padId: pad, specialIds: special } = wanted;
    const want = { maxLength: length, padId: pad, specialIds: special };
    if (JSON.stringify(settings) !== JSON.stringify(want)) return { settings, want };
    for (const [index, text] of texts.entries()) {
      const ids = [...tokenizer.encode(text)];
      if (`${ids}` !== `${wanted.ids[index]}`) return { text, ids, want: wanted.ids[index] };
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof HpdError)) return `${error}`;
    return wanted.error === undefined && !refused.some((each) => each.test(`${error}`)) ? `${error}` : undefined;
  }
}

describe("Python knows no key that is neither read, nor known to change nothing, nor refused:", () => {
  const tables: Record<string, KeyTable> = {
    "tokenizer_config.json": tokenizerConfigKeys,
    "tokenizer.json": tokenizerJsonKeys,
    truncation: truncationKeys,
    padding: paddingKeys,
  };
  for (const [section, types] of Object.entries(sectionKeys)) {
    for (const [type, table] of Object.entries(types)) tables[`${section} ${type}`] = table;
  }
  test.each(Object.entries(keys))("%s", (name, known) => {
    expect(known.length).toBeGreaterThan(0);
    expect(known.filter((key) => !Object.hasOwn(tables[name]!.keys, key))).toEqual([]);
  });
  test("every kind of section was looked at", () => {
    const written = new Set(Object.keys(keys));
    // It can't be made without rules.
    expect(Object.keys(tables).filter((name) => !written.has(name))).toEqual(["normalizer Precompiled"]);
  });
});

test("each family has the tokenizer class of Python where a folder names none", () => {
  const folders = readdirSync("test/fixtures/models").map((name) => `test/fixtures/models/${name}/config.json`);
  const configs = folders.filter(existsSync).map((file) => JSON.parse(readFileSync(file, "utf8")) as JsonObject);
  const types = [...new Set(configs.flatMap(({ model_type: type }) => (typeof type === "string" ? [type] : [])))];
  expect(types.length).toBeGreaterThan(15);
  const got = types.map((type) => [type, tokenizerClass({}, { model_type: type }, false)]);
  const want = types.map((type) => [type, modelTypes[type]?.replace("MistralCommonBackend", "TokenizersBackend")]);
  expect(got).toEqual(want);
});

test("a folder of Qwen2 has its class, whatever it names", () => {
  expect(tokenizerClass({ tokenizer_class: "LlamaTokenizerFast" }, { model_type: "qwen2" }, true)).toBe(
    "Qwen2Tokenizer",
  );
});

test("ids, lengths and special tokens are Python's", () => {
  const differences = cases.flatMap((wanted) => {
    const found = difference(wanted);
    if (found === undefined) return [];
    const { base, changed, removed } = wanted;
    return [{ base, changed, removed, found }];
  });
  expect(differences.slice(0, 3)).toEqual([]);
  expect(cases.length).toBeGreaterThan(600);
});
