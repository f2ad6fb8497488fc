/** What the gold does not tell: refusals, maximum lengths, lone surrogates, long texts. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { HpdError, type HpdErrorCode } from "../../src/errors.ts";
import { buildTokenizer } from "../../src/tokenizer/build-tokenizer.ts";

type Files = Record<string, string>;

function goldFiles(name: string): Files {
  const gold = JSON.parse(gunzipSync(readFileSync(`test/gold/tokenizer/${name}.json.gz`)).toString("utf8"));
  return gold.files as Files;
}

const vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "world", "##s", "漢", "𠀀"];
const bert: Files = {
  "vocab.txt": `${vocabulary.join("\n")}\n`,
  "config.json": JSON.stringify({ model_type: "bert", max_position_embeddings: 16, pad_token_id: 0 }),
};
const asIs: Files = {
  "tokenizer.json": JSON.stringify({
    normalizer: { type: "BertNormalizer" },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] },
    model: { type: "WordPiece", unk_token: "[UNK]", vocab: Object.fromEntries(vocabulary.map((t, id) => [t, id])) },
  }),
  "tokenizer_config.json": JSON.stringify({ model_max_length: 8 }),
};

const build = (files: Files) => buildTokenizer(new Map(Object.entries(files)));
const ids = (files: Files, text: string) => [...build(files).encode(text)];

/** `files` with the JSON of one of them changed. */
function edit(files: Files, name: string, change: Record<string, unknown>): Files {
  return { ...files, [name]: JSON.stringify({ ...JSON.parse(files[name] ?? "{}"), ...change }) };
}

function refuses(files: Files, code: HpdErrorCode, message: RegExp): void {
  let thrown: unknown;
  try {
    build(files);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(HpdError);
  expect([(thrown as HpdError).code, (thrown as HpdError).message]).toEqual([code, expect.stringMatching(message)]);
}

describe("refusals", () => {
  const model = JSON.parse(asIs["tokenizer.json"]!).model as Record<string, unknown>;
  const { "vocab.json": vocab, "merges.txt": merges } = goldFiles("roberta");
  const bytes = edit({ "tokenizer_config.json": asIs["tokenizer_config.json"]! }, "tokenizer.json", {
    model: { type: "BPE", vocab: JSON.parse(vocab!), merges: merges!.trim().split("\n").slice(1) },
  });
  const cases: [string, Files, HpdErrorCode, RegExp][] = [
    ["no vocabulary", {}, "not_found", /tokenizer\.json/],
    ["a sentencepiece file alone", { "config.json": '{"model_type":"xlm-roberta"}' }, "not_found", /save_pretrained/],
    ["broken JSON", { ...bert, "tokenizer_config.json": "{" }, "corrupt_file", /tokenizer_config\.json should be JSON/],
    ["JSON of the wrong kind", { ...bert, "config.json": "[1]" }, "corrupt_file", /object, got \[1\]/],
    [
      "a class",
      edit(bert, "tokenizer_config.json", { tokenizer_class: "XLNetTokenizerFast" }),
      "unsupported",
      /XLNetTok/,
    ],
    ["a model", edit(asIs, "tokenizer.json", { model: { type: "WordLevel" } }), "unsupported", /WordLevel/],
    ["no model", edit(asIs, "tokenizer.json", { model: 3 }), "corrupt_file", /model should be an object, got 3/],
    ["a normalizer", edit(asIs, "tokenizer.json", { normalizer: { type: "Nmt" } }), "unsupported", /"Nmt"/],
    [
      "a pre-tokenizer",
      edit(asIs, "tokenizer.json", { pre_tokenizer: { type: "UnicodeScripts" } }),
      "unsupported",
      /"Unicode/,
    ],
    [
      "a pattern with a meaning of its own",
      edit(asIs, "tokenizer.json", {
        pre_tokenizer: { type: "Split", pattern: { Regex: "(a|b)\\1" }, behavior: "Isolated" },
      }),
      "unsupported",
      /the pattern .* is not supported/,
    ],
    [
      "a behavior of a Split",
      edit(asIs, "tokenizer.json", {
        pre_tokenizer: { type: "Split", pattern: { String: "a" }, behavior: "Sideways" },
      }),
      "unsupported",
      /the behavior .* got "Sideways"/,
    ],
    ["a post-processor", edit(asIs, "tokenizer.json", { post_processor: { type: "X" } }), "unsupported", /"X"/],
    [
      "a pattern",
      edit(asIs, "tokenizer.json", { normalizer: { type: "Replace", pattern: { Regex: "a+?" } } }),
      "unsupported",
      /a\+\?/,
    ],
    ["a negative id", edit(asIs, "tokenizer.json", { model: { ...model, vocab: { a: -1 } } }), "corrupt_file", /-1/],
    [
      "a fractional id",
      edit(asIs, "tokenizer.json", { model: { ...model, vocab: { a: 0.5 } } }),
      "corrupt_file",
      /0\.5/,
    ],
    ["no vocab", edit(asIs, "tokenizer.json", { model: { type: "WordPiece" } }), "corrupt_file", /model\.vocab/],
    ["no [PAD]", { ...bert, "vocab.txt": "[UNK]\n[CLS]\n[SEP]\n" }, "invalid_model", /pad_token .* got "\[PAD\]"/],
    ["no [CLS]", { ...bert, "vocab.txt": "[PAD]\n[UNK]\n[SEP]\n" }, "invalid_model", /cls_token .* got "\[CLS\]"/],
    ...[-1, 1.5, 1001, "9"].map((length): [string, Files, HpdErrorCode, RegExp] => [
      `words of up to ${JSON.stringify(length)} letters`,
      edit(asIs, "tokenizer.json", { model: { ...model, max_input_chars_per_word: length } }),
      "unsupported",
      /max_input_chars_per_word .* is not supported: at most 1000/,
    ]),
    [
      "another model than the class",
      edit(asIs, "tokenizer_config.json", { tokenizer_class: "RobertaTokenizer" }),
      "invalid_model",
      /needs BPE/,
    ],
    [
      "a length of 1",
      edit(bert, "sentence_bert_config.json", { max_seq_length: 1 }),
      "invalid_model",
      /at least the 2 special tokens, got 1/,
    ],
    [
      "a length of -1",
      edit(bert, "sentence_bert_config.json", { max_seq_length: -1 }),
      "invalid_model",
      /max_seq_length/,
    ],
    [
      "no length at all",
      edit(bert, "config.json", { max_position_embeddings: undefined }),
      "invalid_model",
      /no maximum/,
    ],
    ...[-5, 1.5, 2 ** 31, "0"].map((id): [string, Files, HpdErrorCode, RegExp] => [
      `a padding id of ${JSON.stringify(id)}`,
      edit(bert, "config.json", { pad_token_id: id }),
      "invalid_model",
      /pad_token_id should be an integer/,
    ]),
    [
      "code of its own",
      edit(bert, "tokenizer_config.json", { auto_map: { AutoTokenizer: ["a.B", null] } }),
      "unsupported",
      /auto_map is .*Remove the key where tokenizer\.json holds/,
    ],
    [
      "a network without its mask",
      edit(bert, "tokenizer_config.json", { model_input_names: ["input_ids"] }),
      "unsupported",
      /model_input_names/,
    ],
    [
      "a template of two types for a network that takes them",
      edit(
        edit(asIs, "tokenizer.json", {
          post_processor: {
            type: "TemplateProcessing",
            single: [{ Sequence: { id: "A", type_id: 1 } }],
            special_tokens: {},
          },
        }),
        "tokenizer_config.json",
        { model_input_names: ["input_ids", "token_type_ids", "attention_mask"] },
      ),
      "unsupported",
      /the type 1/,
    ],
    [
      "bytes for some of the unknown letters",
      edit(bytes, "tokenizer.json", {
        pre_tokenizer: null,
        model: { type: "BPE", vocab: { a: 0, "<0x41>": 1 }, merges: [], byte_fallback: true },
      }),
      "unsupported",
      /<0x00> is missing/,
    ],
    ["a merge of unknown parts", { ...goldFiles("roberta"), "merges.txt": "zq qz\n" }, "invalid_model", /merge 0/],
    ["a cut merge", { ...goldFiles("roberta"), "merges.txt": "a\n" }, "corrupt_file", /merge 0/],
    [
      "a BPE without bytes",
      { ...goldFiles("roberta"), "vocab.json": '{"a":0}', "merges.txt": "" },
      "invalid_model",
      /<s>/,
    ],
    [
      "a word length that hangs",
      edit(asIs, "tokenizer.json", { model: { ...model, max_input_chars_per_word: 1e9 } }),
      "unsupported",
      /at most 1000/,
    ],
    [
      "a piece that hangs",
      edit(asIs, "tokenizer.json", { model: { type: "Unigram", unk_id: 0, vocab: [["x".repeat(5000), 0]] } }),
      "unsupported",
      /5000/,
    ],
    [
      "cut rules",
      edit(asIs, "tokenizer.json", { normalizer: { type: "Precompiled", precompiled_charsmap: "AAAA" } }),
      "corrupt_file",
      /cut/,
    ],
  ];
  for (const [name, files, code, message] of cases) test(name, () => refuses(files, code, message));

  test("random bytes as Precompiled rules end in an error or in text, never in a hang", () => {
    const charsmap = btoa(`\u0040\0\0\0${"\xf3\x9c\x07\x41".repeat(30)}`);
    const files = edit(asIs, "tokenizer.json", { normalizer: { type: "Precompiled", precompiled_charsmap: charsmap } });
    expect(ids(files, "hello é").length).toBeLessThanOrEqual(8);
  });
});

describe("maximum length", () => {
  const length = (module: object, tokenizerConfig: object, config: object) =>
    build({
      ...bert,
      "sentence_bert_config.json": JSON.stringify(module),
      "tokenizer_config.json": JSON.stringify(tokenizerConfig),
      "config.json": JSON.stringify({ model_type: "bert", ...config }),
    }).maxLength;
  test("max_seq_length counts before model_max_length", () => {
    expect(length({ max_seq_length: 9 }, { model_max_length: 7 }, { max_position_embeddings: 512 })).toBe(9);
  });
  test("model_max_length counts up to max_position_embeddings", () => {
    expect(length({}, { model_max_length: 512 }, { max_position_embeddings: 40 })).toBe(40);
    expect(length({}, { model_max_length: 1e30 }, { max_position_embeddings: 40 })).toBe(40);
  });
});

describe("texts", () => {
  test("a lone surrogate counts as U+FFFD", () => {
    for (const name of ["bert-uncased", "bert-as-is", "roberta", "xlm-roberta"]) {
      const tokenizer = build(goldFiles(name));
      for (const text of ["a\ud800b", "\udc00", "end \ud83d", "\ud83d\ud83d\ude00"]) {
        expect(tokenizer.encode(text)).toEqual(tokenizer.encode(text.replace(/\p{Surrogate}/gu, "\ufffd")));
      }
    }
  });
  test("an ideograph outside the BMP is a word of its own", () => {
    expect(ids(bert, "hello𠀀world漢")).toEqual([2, 5, 9, 6, 8, 3]);
  });
  test("without a token for unknown words, a text with one is refused", () => {
    const model = JSON.parse(asIs["tokenizer.json"]!).model as Record<string, unknown>;
    for (const files of [
      edit(asIs, "tokenizer.json", { model: { ...model, unk_token: "?" } }),
      edit(bert, "tokenizer_config.json", { unk_token: null }),
    ]) {
      expect(ids(files, "hello worlds")).toEqual([2, 5, 6, 7, 3]);
      expect(() => ids(files, "hello sea")).toThrow(/"sea" is not in the vocabulary/);
    }
  });
  test("a word of more letters than the model takes is unknown, where it takes none each one", () => {
    const model = JSON.parse(asIs["tokenizer.json"]!).model as Record<string, unknown>;
    const upTo = (length: number) =>
      edit(asIs, "tokenizer.json", { model: { ...model, max_input_chars_per_word: length } });
    expect(ids(upTo(5), "hello worlds")).toEqual([2, 5, 1, 3]);
    expect(ids(upTo(0), "hello worlds")).toEqual([2, 1, 1, 3]);
  });
  test("control characters stay in words where clean_text is off", () => {
    const normalizer = { type: "BertNormalizer", clean_text: false };
    expect(ids(asIs, "hel\u0001lo world")).toEqual([2, 5, 6, 3]);
    expect(ids(edit(asIs, "tokenizer.json", { normalizer }), "hel\u0001lo world")).toEqual([2, 1, 6, 3]);
  });
  test("two added tokens that are the same after normalization are refused where a text has one", () => {
    const added = { 20: { content: "Hello" }, 21: { content: "hello" } };
    const files = edit(bert, "tokenizer_config.json", { added_tokens_decoder: added });
    expect(ids(files, "world")).toEqual([2, 6, 3]);
    expect(() => ids(files, "HELLO world")).toThrow(/"Hello" \(10\) and "hello" \(5\)/);
  });
  test("ids need not be dense", () => {
    const model = { type: "WordPiece", unk_token: "[UNK]", vocab: { "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, hello: 70 } };
    const files = edit(asIs, "tokenizer.json", { model });
    expect(ids(files, "hello")).toEqual([2, 70, 3]);
    expect(build(files).vocabularySize).toBe(71);
  });
  test("a tokenizer gives the same ids from its cache and after other texts", () => {
    const tokenizer = build(bert);
    const before = tokenizer.encode("Hello worlds hello");
    for (let index = 0; index < 100_000; index++) tokenizer.encode(`word${index}`);
    expect(tokenizer.encode("Hello worlds hello")).toEqual(before);
  });
});

/** Long texts take no longer than what is kept of them needs. Generous limits: a slow machine must not fail. */
describe("long texts", () => {
  const million = 1_000_000;
  for (const name of ["bert-uncased", "bert-as-is", "roberta", "xlm-roberta"]) {
    test(`${name}: 10 MB of words`, () => {
      const tokenizer = build(goldFiles(name));
      const sentence = "the café of Berlin, 漢字 and [MASK] so on ";
      const whole = tokenizer.encode(sentence.repeat(10 * (million / 40)));
      expect(whole).toEqual(tokenizer.encode(sentence.repeat(100)));
      expect(whole.length).toBe(tokenizer.maxLength);
    });
    test(`${name}: 1 MB without a space`, () => {
      const tokenizer = build(goldFiles(name));
      expect(tokenizer.encode("the".repeat(million / 3)).length).toBeLessThanOrEqual(tokenizer.maxLength);
      expect(tokenizer.encode("é".repeat(million / 2)).length).toBeLessThanOrEqual(tokenizer.maxLength);
      expect(tokenizer.encode("\u0301".repeat(million / 2)).length).toBeLessThanOrEqual(tokenizer.maxLength);
      expect(tokenizer.encode("\u200b".repeat(million)).length).toBeLessThanOrEqual(tokenizer.maxLength);
    });
  }
});
