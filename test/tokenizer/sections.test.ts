/**
 * Sections of a tokenizer.json that is used unchanged, those that the models of the gold lack: ids of Python's
 * `tokenizers` 0.23 and, of pairs, of transformers 5.23.
 */
import { describe, expect, test } from "vitest";
import { buildTokenizer, tokenSpellings } from "../../src/tokenizer/build-tokenizer.ts";
import { byteLetters } from "../../src/tokenizer/byte-level.ts";

type Section = Record<string, unknown>;

const filesOf = (sections: Section, config: Section = {}): Map<string, string> =>
  new Map([
    ["tokenizer.json", JSON.stringify(sections)],
    ["tokenizer_config.json", JSON.stringify({ model_max_length: 512, ...config })],
  ]);
const build = (sections: Section, config?: Section) => buildTokenizer(filesOf(sections, config));
const numbered = (tokens: readonly string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]));

const pieces = "[UNK] a b 1 2 12 a1 ##1 ##2 ##b b2 _a ##_ x ² - ##- ##a aa".split(" ");
const wordPiece = { type: "WordPiece", unk_token: "[UNK]", vocab: numbered(pieces) };
const texts = ["a12b2", "a-aab-", "12 a1", "x²1", "a"];
const split = (pattern: Section, behavior: string) => ({ type: "Split", pattern, behavior, invert: false });
const metaspace = (scheme: Section) => ({ type: "Metaspace", replacement: "_", ...scheme });

test.each<[Section, number[][]]>([
  [
    { type: "Digits", individual_digits: true },
    [[1, 3, 4, 2, 4], [1, 16, 17, 17, 9, 16], [3, 4, 0, 3], [13, 14, 3], [1]],
  ],
  [{ type: "Digits" }, [[1, 5, 2, 4], [1, 16, 17, 17, 9, 16], [5, 0, 3], [13, 14, 7], [1]]],
  [split({ String: "-" }, "Removed"), [[6, 8, 9, 8], [1, 18, 9], [0], [0], [1]]],
  [split({ String: "-" }, "Isolated"), [[6, 8, 9, 8], [1, 15, 18, 9, 15], [0], [0], [1]]],
  [split({ String: "-" }, "MergedWithPrevious"), [[6, 8, 9, 8], [1, 16, 18, 9, 16], [0], [0], [1]]],
  [split({ String: "aa" }, "MergedWithNext"), [[6, 8, 9, 8], [1, 16, 18, 9, 16], [0], [0], [1]]],
  [split({ Regex: "[-a]" }, "Removed"), [[5, 9, 8], [2], [0, 3], [0], []]],
  [split({ Regex: "[a-]+" }, "Isolated"), [[1, 5, 9, 8], [1, 16, 17, 17, 2, 15], [0, 1, 3], [0], [1]]],
  [metaspace({ prepend_scheme: "always" }), [[11, 7, 8, 9, 8], [11, 16, 17, 17, 9, 16], [0, 11, 7], [0], [11]]],
  [metaspace({ add_prefix_space: false }), [[6, 8, 9, 8], [1, 16, 17, 17, 9, 16], [5, 11, 7], [0], [1]]],
  [
    metaspace({ prepend_scheme: "never", split: false }),
    [[6, 8, 9, 8], [1, 16, 17, 17, 9, 16], [5, 12, 17, 7], [0], [1]],
  ],
])("the words of %j", (pre_tokenizer, ids) => {
  const tokenizer = build({ pre_tokenizer, model: wordPiece });
  expect(texts.map((text) => [...tokenizer.encode(text)])).toEqual(ids);
});

describe("letters that the vocabulary lacks", () => {
  test.each([
    [true, [[0, 3, 0], [3, 0, 3], [0, 1, 0, 2, 0], []]],
    [false, [[0, 0, 3, 0], [3, 0, 0, 3], [0, 1, 0, 0, 2, 0, 0], []]],
  ])("are unknown tokens of a BPE, one for a row of them: %s", (fuse_unk, ids) => {
    const model = {
      type: "BPE",
      unk_token: "<unk>",
      fuse_unk,
      vocab: numbered(["<unk>", "a", "b", "ab"]),
      merges: ["a b"],
    };
    const tokenizer = build({ model });
    expect(["xxabx", "abxyab", "xaxxbyy", ""].map((text) => [...tokenizer.encode(text)])).toEqual(ids);
  });

  test("are bytes of a Unigram, but for its unknown token spelled out", () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
    const vocab = [["<unk>", 0], ["a", -1], ["b", -2], ...bytes.map((byte) => [byte, -5])];
    const tokenizer = build({ model: { type: "Unigram", unk_id: 0, byte_fallback: true, vocab } });
    const texts = ["a<unk>b", "<unk>", "axb", "aé"];
    expect(texts.map((text) => [...tokenizer.encode(text)])).toEqual([[1, 0, 2], [0], [1, 123, 2], [1, 198, 172]]);
    const plain = build({ model: { type: "Unigram", unk_id: 0, vocab: vocab.slice(0, 2) } });
    expect(["axxa", "xxa"].map((text) => [...plain.encode(text)])).toEqual([
      [1, 0, 1],
      [0, 1],
    ]);
  });
});

const spaced = {
  pre_tokenizer: { type: "WhitespaceSplit" },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    vocab: numbered("[PAD] [UNK] [CLS] [SEP] a b c d e f g h".split(" ")),
  },
};
const around = { cls: ["[CLS]", 2], sep: ["[SEP]", 3] };
const text = { Sequence: { id: "A", type_id: 0 } };
const template = {
  type: "TemplateProcessing",
  single: [text, { SpecialToken: { id: "x", type_id: 0 } }],
  pair: [text, { SpecialToken: { id: "x", type_id: 1 } }, { Sequence: { id: "B", type_id: 2 } }],
  special_tokens: { x: { ids: [3, 2] } },
};
const ofTypes = { model_input_names: ["input_ids", "token_type_ids", "attention_mask"] };

describe("pairs", () => {
  const pairs = [
    ["a b c d e", "f g h", 8],
    ["a b", "c d e f g h", 7],
    ["a b c d", "e f g h", 6],
  ] as const;
  const bert = { type: "BertProcessing", ...around };
  const roberta = { type: "RobertaProcessing", ...around };
  test.each<[string, string, Section | null, string[]]>([
    ["BERT", "left", bert, ["2 6 7 8 3 10 11 3", "2 4 5 3 10 11 3", "2 7 3 10 11 3"]],
    ["BERT", "right", bert, ["2 4 5 6 3 9 10 3", "2 4 5 3 6 7 3", "2 4 3 8 9 3"]],
    ["RoBERTa", "left", roberta, ["2 7 8 3 3 10 11 3", "2 5 3 3 10 11 3", "2 7 3 3 11 3"]],
    ["RoBERTa", "right", roberta, ["2 4 5 3 3 9 10 3", "2 4 3 3 6 7 3", "2 4 3 3 8 3"]],
    ["a template", "left", template, ["6 7 8 3 2 9 10 11", "4 5 3 2 9 10 11", "6 7 3 2 10 11"]],
    ["a template", "right", template, ["4 5 6 3 2 9 10 11", "4 5 3 2 6 7 8", "4 5 3 2 8 9"]],
    ["nothing", "left", null, ["4 5 6 7 8 9 10 11", "4 5 7 8 9 10 11", "5 6 7 9 10 11"]],
    ["nothing", "right", null, ["4 5 6 7 8 9 10 11", "4 5 6 7 8 9 10", "4 5 6 8 9 10"]],
  ])("of %s, cut on the %s", (_, truncation_side, post_processor, ids) => {
    const tokenizer = build({ ...spaced, post_processor }, { truncation_side });
    expect(pairs.map(([first, second, most]) => tokenizer.encodePair(first, second, most).ids.join(" "))).toEqual(ids);
  });

  test("have the types of their template", () => {
    const typesOf = (post_processor: Section | null, config: Section = ofTypes) =>
      build({ ...spaced, post_processor }, config)
        .encodePair("a b", "c", 100)
        .typeIds.join("");
    expect(typesOf(template)).toBe("00112");
    expect(typesOf(bert)).toBe("000011");
    expect(typesOf(roberta)).toBe("0000000");
    expect(typesOf(null)).toBe("001");
    expect(typesOf(template, {})).toBe("00000");
  });

  test("that have no room, or a template that isn't one, are refused", () => {
    const pairOf =
      (post_processor: unknown, most = 100) =>
      () =>
        build({ ...spaced, post_processor }).encodePair("a", "b", most);
    expect(pairOf(bert, 3)().ids).toEqual(Int32Array.of(2, 3, 3));
    expect(pairOf(bert, 2)).toThrow("a maximum length of 2 tokens is less than the 3 special tokens of a pair");
    expect(pairOf({ type: "Sequence", processors: [bert, roberta] })).toThrow("more than one template");
    const turned = { ...template, pair: template.pair.toReversed() };
    expect(pairOf(turned)).toThrow("does not hold each text once, in order");
    const typed = { ...template, pair: [{ Sequence: { id: "A", type_id: -1 } }] };
    expect(pairOf(typed)).toThrow("the type_id of a template is -1");
  });
});

describe("one text", () => {
  test("is cut where tokenizer.json says, unless tokenizer_config.json does", () => {
    const cut = (truncation: Section | null, config: Section = {}) =>
      build({ ...spaced, truncation, post_processor: template }, config)
        .encode("a b c d e", 4)
        .join(" ");
    expect(cut(null)).toBe("4 5 3 2");
    expect(cut({ direction: "Left" })).toBe("7 8 3 2");
    expect(cut({ direction: "Right" }, { truncation_side: "left" })).toBe("7 8 3 2");
    expect(cut({ direction: "Left" }, { truncation_side: "right" })).toBe("4 5 3 2");
  });

  test("has the tokens of all processors around it, the last one outside", () => {
    const processors = [template, { type: "BertProcessing", ...around }];
    const tokenizer = build({ ...spaced, post_processor: { type: "Sequence", processors } });
    expect([...tokenizer.encode("a b")]).toEqual([2, 4, 5, 3, 2, 3]);
  });

  test("that is long has the first ids of the whole, wherever its spaces are", () => {
    // A row of letters or of spaces is a few tokens, so that a long beginning has few ids.
    const merges = ["a", "Ġ"].flatMap((letter) =>
      [1, 2, 4, 8, 16, 32].map((count) => `${letter.repeat(count)} ${letter.repeat(count)}`),
    );
    const vocab = numbered([...byteLetters(), ...merges.map((merge) => merge.replace(" ", ""))]);
    const tokenizer = build({
      pre_tokenizer: { type: "ByteLevel", add_prefix_space: false },
      model: { type: "BPE", vocab, merges },
    });
    for (let letters = 110; letters < 135; letters++) {
      for (const spaces of [" ", "   ", " ".repeat(20), `${" ".repeat(9)}\n  `]) {
        const text = `${"a".repeat(letters)}${spaces}b`.repeat(9);
        const whole = tokenizer.encode(text);
        for (let most = 1; most < 20; most++) expect(tokenizer.encode(text, most)).toEqual(whole.subarray(0, most));
      }
    }
  });

  test("that is long keeps an added token with a space in it whole", () => {
    const tokenizer = build({
      pre_tokenizer: { type: "WhitespaceSplit" },
      model: { type: "WordPiece", unk_token: "[UNK]", vocab: numbered(["[UNK]", "a", "b"]) },
      added_tokens: [{ id: 3, content: "a b", normalized: false }],
    });
    for (let letters = 60; letters < 100; letters++) {
      const text = `${"x".repeat(letters)} a b a`;
      for (let most = 1; most < 4; most++) expect([...tokenizer.encode(text, most)]).toEqual([0, 3, 1].slice(0, most));
    }
  });

  test("that was cut within a word is whole the next time", () => {
    const tokenizer = build({
      normalizer: { type: "BertNormalizer" },
      pre_tokenizer: { type: "BertPreTokenizer" },
      model: { type: "WordPiece", unk_token: "[UNK]", vocab: numbered(["[UNK]", "a", "<", "b"]) },
    });
    // Decomposed, and without its stroke, the sign is a word of its own.
    const ids = [1, 3, 2].map((most) => [...tokenizer.encode("a≮b", most)]);
    expect(ids).toEqual([[1], [1, 2, 3], [1, 2]]);
  });

  test("is in lower case before all else, unless the normalizer sees to it", () => {
    const model = { type: "WordPiece", unk_token: "[UNK]", vocab: numbered(["[UNK]", "a", "b"]) };
    const idsOf = (normalizers: Section[]) => {
      const files = filesOf({ ...spaced, model, normalizer: { type: "Sequence", normalizers } });
      files.set("sentence_bert_config.json", JSON.stringify({ do_lower_case: true }));
      return [...buildTokenizer(files).encode("A a B")];
    };
    const replace = { type: "Replace", pattern: { String: "A" }, content: "b" };
    expect(idsOf([replace])).toEqual([1, 1, 2]);
    expect(idsOf([replace, { type: "Lowercase" }])).toEqual([2, 1, 2]);
  });

  test.each([
    [true, [4, 4], [2, 4]],
    [false, [3, 3], [1, 3]],
    [undefined, [4, 4], [1, 3]],
  ])("keeps accents as strip_accents of BERT says: %s", (strip_accents, lowered, cased) => {
    const idsOf = (do_lower_case: boolean) => {
      const config = { model_max_length: 512, do_lower_case, strip_accents };
      const vocabulary = ["[UNK]", "É", "E", "é", "e", "[CLS]", "[SEP]", "[PAD]"];
      const files = { "vocab.txt": vocabulary.join("\n"), "tokenizer_config.json": JSON.stringify(config) };
      return [...buildTokenizer(new Map(Object.entries(files))).encode("É é")].slice(1, -1);
    };
    expect([idsOf(true), idsOf(false)]).toEqual([lowered, cased]);
  });

  test("positions of -1 are no bound", () => {
    const files = filesOf(spaced).set("config.json", JSON.stringify({ max_position_embeddings: -1 }));
    expect(buildTokenizer(files).maxLength).toBe(512);
  });
});

test("that is long has the first ids of the whole where a token reaches over a space", () => {
  const doubled = [1, 2, 4, 8, 16, 32, 64].map((count) => `${"a".repeat(count)} ${"a".repeat(count)}`);
  const merges = [...doubled, `${"a".repeat(128)} _`];
  const vocab = numbered(["a", "_", ...merges.map((merge) => merge.replace(" ", ""))]);
  const tokenizer = build({
    pre_tokenizer: metaspace({ prepend_scheme: "never", split: false }),
    model: { type: "BPE", vocab, merges },
  });
  expect([...tokenizer.encode(`${"a".repeat(128)} a`, 1)]).toEqual([9]);
});

/** Python's ids of "[x] [X] [Y] [y] a". */
test.each<[string, Section, number[], string]>([
  [
    "special_tokens_map.json names as an object",
    {
      "added_tokens.json": { "[X]": 10, "[Y]": 11 },
      "special_tokens_map.json": { mask_token: { content: "[X]", normalized: false } },
    },
    [6, 8, 7, 10, 11, 11, 5],
    "0 1 2 3 10",
  ],
  [
    "special_tokens_map.json lists",
    {
      "added_tokens.json": { "[X]": 10, "[Y]": 11 },
      "special_tokens_map.json": { extra_special_tokens: [{ content: "[X]", normalized: false }] },
    },
    [6, 8, 7, 10, 11, 11, 5],
    "0 1 2 3 4 10",
  ],
  [
    "extra_special_tokens lists, whatever additional_special_tokens says",
    { "tokenizer_config.json": { extra_special_tokens: ["[X]"], additional_special_tokens: ["[Y]"] } },
    [6, 8, 7, 10, 6, 9, 7, 6, 9, 7, 5],
    "0 1 2 3 4 10",
  ],
  [
    "additional_special_tokens lists where extra_special_tokens is empty",
    { "tokenizer_config.json": { extra_special_tokens: [], additional_special_tokens: ["[Y]"] } },
    [6, 8, 7, 6, 8, 7, 10, 6, 9, 7, 5],
    "0 1 2 3 4 10",
  ],
])("special, and looked for as it is written, is what %s", (_, files, ids, specialIds) => {
  const config = (files["tokenizer_config.json"] ?? {}) as Section;
  const all: Section = { ...files, "tokenizer_config.json": { model_max_length: 512, ...config } };
  const texts = new Map(Object.entries(all).map(([name, value]) => [name, JSON.stringify(value)]));
  texts.set("vocab.txt", "[PAD] [UNK] [CLS] [SEP] [MASK] a [ ] x y".replaceAll(" ", "\n"));
  const tokenizer = buildTokenizer(texts);
  expect([...tokenizer.encode("[x] [X] [Y] [y] a")]).toEqual([2, ...ids, 3]);
  expect([...tokenizer.specialIds].sort((a, b) => a - b).join(" ")).toBe(specialIds);
});

test.each([
  ["𝐀cat", [3]],
  ["cat𝐀", [0]],
  ["😀cat", [0, 1]],
  ["cat😀", [1, 0]],
  ["cat-cat", [1, 0, 1]],
  ["cat_", [0]],
  ["\u0301cat", [0]],
  // A mark since Unicode 17, unassigned to Python.
  ["\u1ae0cat", [0, 1]],
  ["cat\u1ae0", [1, 0]],
])("a token that stands alone only is none beside a letter, such as one of two code units: %j", (text, ids) => {
  const tokenizer = build({
    pre_tokenizer: { type: "WhitespaceSplit" },
    model: { type: "WordPiece", unk_token: "[UNK]", vocab: numbered(["[UNK]", "cat", "a", "𝐀cat"]) },
    added_tokens: [{ id: 1, content: "cat", single_word: true, normalized: false }],
  });
  expect([...tokenizer.encode(text)]).toEqual(ids);
});

test.each([
  ["<m>  a", [3, 1]],
  ["a  <m>", [1, 4, 3]],
  ["a  a", [1, 4, 1]],
])("a token of white space is none where the token before it took that along: %j", (text, ids) => {
  const tokenizer = build({
    pre_tokenizer: { type: "WhitespaceSplit" },
    model: { type: "WordPiece", unk_token: "[UNK]", vocab: numbered(["[UNK]", "a", "b"]) },
    added_tokens: [
      { id: 3, content: "<m>", rstrip: true, normalized: false },
      { id: 4, content: "  ", lstrip: true, normalized: false },
    ],
  });
  expect([...tokenizer.encode(text)]).toEqual(ids);
});

test.each([
  [{ String: "`" }, '"', [2, 1, 1]],
  [{ Regex: " {2,}" }, " ", [3, 0]],
  [{ Regex: " {2,}" }, "▁", [3, 0]],
])("the first word has its mark after the replacement of %j by %j", (pattern, content, ids) => {
  const tokenizer = build({
    normalizer: { type: "Replace", pattern, content },
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "first" },
    model: { type: "WordPiece", unk_token: "[UNK]", vocab: numbered(["[UNK]", '##"', '▁"', "▁a"]) },
  });
  expect([...tokenizer.encode(content === '"' ? "```" : "  a  ``")]).toEqual(ids);
});

test("of two tokens of one spelling, either may be one that stands alone only", () => {
  const tokens = [{ content: "CAT" }, { content: "Cat", single_word: true }];
  for (const [first, second] of [tokens, tokens.toReversed()]) {
    const tokenizer = build({
      normalizer: { type: "Lowercase" },
      pre_tokenizer: { type: "WhitespaceSplit" },
      model: { type: "WordPiece", unk_token: "[UNK]", vocab: numbered(["[UNK]", "a", "b"]) },
      added_tokens: [
        { id: 3, normalized: true, ...first },
        { id: 4, normalized: true, ...second },
      ],
    });
    expect([...tokenizer.encode("a")]).toEqual([1]);
    // Python takes this for [1, 3], or for [0], another time.
    expect(() => tokenizer.encode("acat")).toThrow(/added token of two ids/);
  }
});

test("an added token of which the normalizer leaves nothing is refused", () => {
  // Python's ids of "ab" are [1, 2] with it, and it panics at letters of several bytes.
  const sections = {
    normalizer: { type: "Strip", strip_left: false, strip_right: true },
    model: { type: "WordPiece", unk_token: "[UNK]", vocab: numbered(["[UNK]", "a", "b", "ab"]) },
  };
  const token = { id: 4, content: "\n" };
  expect([...build({ ...sections, added_tokens: [{ ...token, normalized: false }] }).encode("ab")]).toEqual([3]);
  expect(() => build({ ...sections, added_tokens: [{ ...token, normalized: true }] })).toThrow(
    'the normalizer leaves nothing of the added token "\\n" (4)',
  );
});

test("the kind of a model that doesn't say it follows from its vocabulary and merges", () => {
  const encoded = (model: Section) => [...build({ model }).encode("aab")];
  expect(encoded({ unk_token: "?", vocab: numbered(["?", "a", "##a", "##b"]) })).toEqual([1, 2, 3]);
  expect(encoded({ vocab: numbered(["a", "b", "ab"]), merges: ["a b"] })).toEqual([0, 2]);
  expect(
    encoded({
      unk_id: 0,
      vocab: [
        ["?", 0],
        ["a", -1],
        ["b", -1],
        ["aa", -1],
      ],
    }),
  ).toEqual([3, 2]);
});

test("spellings are those of the vocabulary, and of added tokens beyond it", () => {
  const added_tokens = [
    { id: 12, content: "[NEW]" },
    { id: 3, content: "[SEP]", special: true },
  ];
  const spellings = tokenSpellings(filesOf({ ...spaced, added_tokens }));
  expect(spellings.size).toBe(13);
  expect(build({ ...spaced, added_tokens }).vocabularySize).toBe(13);
  expect([0, 3, 11, 12].map((id) => spellings.get(id))).toEqual(["[PAD]", "[SEP]", "h", "[NEW]"]);
});

describe("what is damaged or not known is refused:", () => {
  const bpe = { type: "BPE", vocab: numbered(["<unk>", "a", "b", "<unk>a"]), merges: [] as string[] };
  const withSteps = (...pretokenizers: unknown[]) => ({
    ...spaced,
    pre_tokenizer: { type: "Sequence", pretokenizers },
  });
  const first = { type: "Metaspace", replacement: "▁", prepend_scheme: "first" };
  const normalizer = (section: Section) => ({ ...spaced, normalizer: section });
  const replace = (pattern: Section) => ({ type: "Replace", pattern, content: '"' });
  test.each<[RegExp, Section]>([
    [/more than one ByteLevel/, withSteps({ type: "ByteLevel" }, { type: "ByteLevel" })],
    [/prepend_scheme "first" is supported as the first step alone/, withSteps({ type: "Digits" }, first)],
    [/prepend_scheme "first" is supported as the first step alone/, withSteps(first, first)],
    [/"first" after the normalizer Strip /, { ...spaced, pre_tokenizer: first, normalizer: { type: "Strip" } }],
    // Python puts no mark before a text that begins with several of the letters that are replaced.
    [
      /"first" after the normalizer Replace /,
      { ...spaced, pre_tokenizer: first, normalizer: replace({ String: "``" }) },
    ],
    [
      /"first" after the normalizer Replace /,
      { ...spaced, pre_tokenizer: first, normalizer: replace({ Regex: "a+" }) },
    ],
    [/has prepend_scheme "last"/, withSteps(metaspace({ prepend_scheme: "last" }))],
    [/has prepend_scheme .* and replacement "__"/, withSteps(metaspace({ replacement: "__" }))],
    [/more than 64 steps/, withSteps(...new Array(65).fill({ type: "Digits" }))],
    [
      /pretokenizers of a Sequence should be a list/,
      { ...spaced, pre_tokenizer: { type: "Sequence", pretokenizers: 1 } },
    ],
    [/invert of a Split is 1/, withSteps({ ...split({ String: "a" }, "Removed"), invert: 1 })],
    [/individual_digits is 1/, withSteps({ type: "Digits", individual_digits: 1 })],
    [/the pattern of a Split is 1/, withSteps({ type: "Split", pattern: 1, behavior: "Removed" })],
    // Python splits at each character.
    [/the pattern of a Split is \{"String":""\}/, withSteps(split({ String: "" }, "Isolated"))],
    [/should be base64/, normalizer({ type: "Precompiled", precompiled_charsmap: "é" })],
    [/has no precompiled_charsmap/, normalizer({ type: "Precompiled" })],
    [/the normalizer Prepend of tokenizer\.json has 1/, normalizer({ type: "Prepend", prepend: 1 })],
    [/should be a String or a Regex/, normalizer({ type: "Replace", pattern: { String: "" }, content: "" })],
    [/more than 64 times as long/, normalizer({ type: "Replace", pattern: { String: "a" }, content: "a".repeat(65) })],
    [/the unk_token "\?" of a BPE model is not in its vocabulary/, { model: { ...bpe, unk_token: "?" } }],
    [/unk_token of a BPE model is 1/, { model: { ...bpe, unk_token: 1 } }],
    [/merges the token of unknown letters/, { model: { ...bpe, unk_token: "<unk>", merges: ["<unk> a"] } }],
    [/should hold merges, got 1/, { model: { ...bpe, merges: 1 } }],
    [/without the letters of all 256 bytes/, { model: bpe, pre_tokenizer: { type: "ByteLevel" } }],
    [
      /unk_id 2 is none of the 2 pieces/,
      {
        model: {
          type: "Unigram",
          unk_id: 2,
          vocab: [
            ["a", 0],
            ["b", 0],
          ],
        },
      },
    ],
    [/a Unigram vocab should be a list/, { model: { type: "Unigram", unk_id: 0, vocab: {} } }],
    [/leaves the text out/, { ...spaced, post_processor: { ...template, single: template.single.slice(1) } }],
    [/repeats the text or names another/, { ...spaced, post_processor: { ...template, single: template.pair } }],
    [/repeats the text/, { ...spaced, post_processor: { ...template, single: [text, text] } }],
    [/names another/, { ...spaced, post_processor: { ...template, single: [{ Sequence: { id: "B" } }] } }],
    [/does not define/, { ...spaced, post_processor: { ...template, special_tokens: {} } }],
  ])("%s", (message, sections) => {
    expect(() => build(sections)).toThrow(message);
  });
});
