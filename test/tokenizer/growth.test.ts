/** Time grows about linearly with texts and files, whatever they hold. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { HpdError } from "../../src/errors.ts";
import { buildTokenizer, type ModelTokenizer } from "../../src/tokenizer/build-tokenizer.ts";
import { SplitMatcher } from "../../src/tokenizer/split-matcher.ts";
import { parseSplitPattern } from "../../src/tokenizer/split-pattern.ts";
import { Unigram } from "../../src/tokenizer/unigram.ts";
import { expectLinear, processorSeconds } from "../expect-linear.ts";
import { isTestedPair } from "../share-of-pairs.ts";

type Files = Readonly<Record<string, string>>;

function goldFiles(name: string): Files {
  return JSON.parse(gunzipSync(readFileSync(`test/gold/tokenizer/${name}.json.gz`)).toString("utf8")).files;
}

const build = (files: Files): ModelTokenizer => buildTokenizer(new Map(Object.entries(files)));

/** `files` with the JSON of one of them changed. */
function edit(files: Files, name: string, change: Record<string, unknown>): Files {
  return { ...files, [name]: JSON.stringify({ ...JSON.parse(files[name] ?? "{}"), ...change }) };
}

/** What texts are made of by repetition. Each has its own way through some tokenizer. */
const units = [
  ..."a1. \n\u00a0'[_▁Ġé漢𠀀😀Σİﬁ≮…\0\u0001\u0085\u200b\u0301\u0600\ud800\u0897🇩각",
  "\u0301\u0323",
  "\u0301\uff9e",
  "か\uff9e",
  "\u0897\u0301\u0323",
  "\u1100\u1161",
  "👩\u200d",
  "क्",
  "\r\n",
  "'s",
  "a1.",
  " a",
  "a  ",
  "the",
  "[MAS",
  "[MASK]",
  " <mask>",
  "<extra one>",
  "ExtraWord",
];

describe("texts", () => {
  const left = (name: string): Files => edit(goldFiles(name), "tokenizer_config.json", { truncation_side: "left" });
  const kinds: Record<string, Files> = {
    "bert-uncased": goldFiles("bert-uncased"),
    "bert-as-is": goldFiles("bert-as-is"),
    roberta: goldFiles("roberta"),
    "xlm-roberta": goldFiles("xlm-roberta"),
    "unigram-as-is": goldFiles("unigram-as-is"),
    qwen3: goldFiles("qwen3"),
    gemma3: goldFiles("gemma3"),
    "bpe-unknown-as-is": goldFiles("bpe-unknown-as-is"),
    "deberta-v2": goldFiles("deberta-v2"),
    "unigram-bytes-as-is": goldFiles("unigram-bytes-as-is"),
    "gemma3, cut on the left": left("gemma3"),
    "bert-uncased, cut on the left": left("bert-uncased"),
    "roberta, cut on the left": left("roberta"),
    "xlm-roberta, cut on the left": left("xlm-roberta"),
  };
  for (const [row, [name, files]] of Object.entries(kinds).entries()) {
    test(name, async () => {
      const tokenizer = build(files);
      for (const [column, unit] of units.entries()) {
        if (!isTestedPair(row, column)) continue;
        const work = (size: number) => {
          const text = unit.repeat(size / unit.length);
          expect(tokenizer.encode(text).length).toBeLessThanOrEqual(tokenizer.maxLength);
        };
        await expectLinear(1 << 13, work, JSON.stringify(unit));
      }
    });
  }

  for (const name of [
    "bert-uncased",
    "bert-as-is",
    "roberta",
    "xlm-roberta",
    "unigram-as-is",
    "qwen3",
    "gemma3",
    "deberta-v2",
  ]) {
    test(`${name}: 4.3 million characters without a space, outside Latin-1`, () => {
      const tokenizer = build(goldFiles(name));
      // The part is long enough that nothing more is kept of a longer one.
      const part = tokenizer.encode("ж".repeat(10_000));
      expect(tokenizer.encode("ж".repeat(4_300_000))).toEqual(part);
    });
  }
});

describe("patterns of Split that an engine with backtracking is slow at", () => {
  const backtracking = ["a*a*a*a*a*a*b", "[ab]*[ab]*[ab]*c", "\\s*\\s*\\s*\\S", "a{0,9}a{0,9}b", "a+(?!a)b|a+(?=b)c"];
  test.each(backtracking)("%s", async (pattern) => {
    const matcher = new SplitMatcher(parseSplitPattern(pattern));
    for (const unit of ["a", "ab", " ", "a ", "aaaaaaab"]) {
      await expectLinear(1 << 15, (size) => matcher.matches(unit.repeat(size / unit.length)), JSON.stringify(unit));
    }
  });

  test.each(["(a+)+b", "(?:a|a)*b", "(a?){30}b", "a{0,30}a{0,30}b", "a?".repeat(30), "a{33}", "(a)\\1"])(
    "refused: %s",
    (pattern) => {
      expect(() => parseSplitPattern(pattern)).toThrow(HpdError);
    },
  );
});

describe("vocabularies that texts can be made for", () => {
  test("Unigram: one piece of 1,000 letters, 300,000 letters without a space", async () => {
    const long = "a".repeat(1000);
    const pieces: [string, number][] = [
      ["?", -1],
      ["b", -2],
      ["a", -3],
      [long, -4],
    ];
    const unigram = new Unigram({ pieces, unknownId: 0 });
    for (const text of ["a".repeat(300_000), `${"a".repeat(999)}b`.repeat(300), "ab".repeat(150_000)]) {
      expect(await processorSeconds(() => unigram.encode(text, 512))).toBeLessThan(3);
    }
  });

  test("Unigram and WordPiece: pieces of every length", async () => {
    const letters = Array.from({ length: 300 }, (_, index) => "a".repeat(index + 1));
    const unigram = new Unigram({ pieces: letters.map((piece) => [piece, -piece.length]), unknownId: 0 });
    await expectLinear(1 << 14, (size) => unigram.encode("a".repeat(size), 512), "unigram");
    const vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", ...letters.flatMap((piece) => [piece, `##${piece}`])];
    const tokenizer = build({
      "vocab.txt": vocabulary.join("\n"),
      "config.json": JSON.stringify({ model_type: "bert", max_position_embeddings: 512 }),
    });
    const words = (size: number) => tokenizer.encode(`${"a".repeat(99)}b `.repeat(size / 100));
    await expectLinear(1 << 14, words, "word piece");
  });

  test("BPE: tokens of every length that merges lead to", async () => {
    const files = goldFiles("roberta");
    const vocabulary = JSON.parse(files["vocab.json"]!) as Record<string, number>;
    const merges: string[] = [];
    for (let length = 1; length < 300; length++) {
      merges.push(`${"q".repeat(length)} q`);
      vocabulary["q".repeat(length + 1)] ??= Object.keys(vocabulary).length;
    }
    const tokenizer = build({
      ...files,
      "vocab.json": JSON.stringify(vocabulary),
      // The longest first: a pair that is merged late is the one that others wait for.
      "merges.txt": `${merges.reverse().join("\n")}\n`,
    });
    for (const text of ["q", "qz", `${"q".repeat(299)}z`]) {
      await expectLinear(1 << 14, (size) => tokenizer.encode(text.repeat(size / text.length)), text.slice(0, 9));
    }
  });

  test("BPE: the first text without a pre-tokenizer, by a vocabulary that was just read", async () => {
    const files = goldFiles("gemma3");
    const text = "the cat sat on the mat ";
    await expectLinear(1 << 14, (size) => build(files).encode(text.repeat(size / text.length)));
  });

  test("added tokens: many that begin alike, and one that almost occurs everywhere", async () => {
    for (const normalized of [false, true]) {
      for (const first of ["[", "x"]) {
        const work = (size: number) => {
          const added = Array.from({ length: size }, (_, index) => [
            1000 + index,
            { content: `${first}${"same ".repeat(4)}${index}`, normalized },
          ]);
          const files = edit(goldFiles("bert-uncased"), "tokenizer_config.json", {
            added_tokens_decoder: Object.fromEntries(added),
          });
          const tokenizer = build(files);
          const text = `${first}same same same same ${size - 1} `.repeat(100);
          expect([...tokenizer.encode(text)].filter((id) => id >= 1000).length).toBeGreaterThan(60);
        };
        await expectLinear(5_000, work, `${first} ${normalized}`);
      }
    }
    const long = { 1000: { content: `${"[".repeat(100_000)}]`, normalized: false } };
    const files = edit(goldFiles("bert-as-is"), "tokenizer_config.json", { added_tokens_decoder: long });
    await expectLinear(1 << 15, (size) => build(files).encode("[".repeat(size)), "almost");
  });
});

describe("files", () => {
  const bert = goldFiles("bert-uncased");
  const asIs = goldFiles("bert-as-is");
  const model = JSON.parse(asIs["tokenizer.json"]!).model as Record<string, unknown>;
  const template = (single: unknown, ids: number[]) => ({
    post_processor: { type: "TemplateProcessing", single, special_tokens: { x: { id: "x", ids, tokens: [] } } },
  });
  const special = { SpecialToken: { id: "x", type_id: 0 } };
  const text = { Sequence: { id: "A", type_id: 0 } };
  const double = { type: "Replace", pattern: { String: "a" }, content: "aa" };
  const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
  const nested = (depth: number): string =>
    `${'{"type":"Sequence","normalizers":['.repeat(depth)}{"type":"NFC"}${"]}".repeat(depth)}`;
  const replacement = btoa(`\x04\0\0\0\0\0\0\0${"x".repeat(100_000)}`);
  const jsonOf = (change: Record<string, unknown>): Files => edit(asIs, "tokenizer.json", change);
  const numbered = (count: number, value: (index: number) => unknown): Record<string, unknown> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}_token`, value(index)]));

  // Whether each is refused, and by what.
  const cases: [string, Files, RegExp | undefined][] = [
    ["a line of 300,000 spaces", { ...bert, "vocab.txt": `${bert["vocab.txt"]}a${" ".repeat(300_000)}b` }, undefined],
    ["300,000 blank lines", { ...bert, "vocab.txt": `${bert["vocab.txt"]}${"\n".repeat(300_000)}` }, undefined],
    [
      "normalizers 20,000 deep",
      {
        ...asIs,
        "tokenizer.json": asIs["tokenizer.json"]!.replace(/"normalizer": \{[^}]*\}/, `"normalizer": ${nested(20_000)}`),
      },
      /nested more than 128 deep/,
    ],
    [
      "100,000 normalizers",
      jsonOf({ normalizer: { type: "Sequence", normalizers: times(100_000, { type: "NFC" }) } }),
      /64 steps/,
    ],
    [
      "normalizers that double",
      jsonOf({ normalizer: { type: "Sequence", normalizers: times(30, double) } }),
      /64 times as long/,
    ],
    [
      "a long replacement",
      jsonOf({ normalizer: { type: "Precompiled", precompiled_charsmap: replacement } }),
      /100000 bytes/,
    ],
    [
      "pre-tokenizers that double",
      jsonOf({ pre_tokenizer: { type: "Sequence", pretokenizers: times(30, { type: "ByteLevel" }) } }),
      /more than one ByteLevel/,
    ],
    ["a template with 200,000 ids", jsonOf(template([special, text], times(200_000, 2))), /1000 ids/],
    ["a template with ids times ids", jsonOf(template([...times(1000, special), text], times(1000, 2))), /1000 ids/],
    ["a template of 200,000 parts", jsonOf(template([...times(200_000, special), text], [2])), /1000 ids/],
    [
      "100,000 post-processors",
      jsonOf({ post_processor: { type: "Sequence", processors: times(100_000, { type: "ByteLevel" }) } }),
      /64 steps/,
    ],
    [
      "a piece of a million letters",
      jsonOf({ model: { type: "Unigram", unk_id: 0, vocab: [["x".repeat(1e6), 0]] } }),
      /1000000/,
    ],
    [
      "a prefix of a million letters",
      jsonOf({ model: { ...model, continuing_subword_prefix: "#".repeat(1e6) } }),
      undefined,
    ],
    [
      "100,000 added tokens that begin alike",
      edit(bert, "tokenizer_config.json", {
        added_tokens_decoder: Object.fromEntries(
          Array.from({ length: 100_000 }, (_, index) => [1000 + index, { content: `[alike ${index}`, special: true }]),
        ),
      }),
      undefined,
    ],
    [
      "30,000 named tokens",
      edit(
        bert,
        "tokenizer_config.json",
        numbered(30_000, (index) => `[N${index}]`),
      ),
      undefined,
    ],
    [
      "30,000 extra tokens",
      edit(bert, "tokenizer_config.json", {
        extra_special_tokens: Array.from({ length: 30_000 }, (_, index) => `[N${index}]`),
      }),
      undefined,
    ],
    ["a class of a million letters", edit(bert, "tokenizer_config.json", { tokenizer_class: "T".repeat(1e6) }), /TTT/],
    [
      "a length of 10^15",
      {
        ...bert,
        "config.json": JSON.stringify({ model_type: "bert", max_position_embeddings: 1e15 }),
        "sentence_bert_config.json": "{}",
        "tokenizer_config.json": "{}",
      },
      undefined,
    ],
  ];
  for (const [name, files, refusal] of cases) {
    test(name, async () => {
      let error: unknown;
      const seconds = await processorSeconds(() => {
        try {
          build(files).encode("a cat sat on the mat");
        } catch (thrown) {
          error = thrown;
        }
      });
      expect(seconds).toBeLessThan(3);
      if (refusal === undefined) expect(error).toBeUndefined();
      else {
        expect(error).toBeInstanceOf(HpdError);
        expect((error as HpdError).message).toMatch(refusal);
        expect((error as HpdError).message.length).toBeLessThan(3000);
      }
    });
  }
});
