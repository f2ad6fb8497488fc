/** Messages of the library name flags where the command line shows them. */
import { expect, test } from "vitest";
import { distillCommand } from "../../src/cli/distill.ts";
import { encodeCommand } from "../../src/cli/encode.ts";
import { withFlags } from "../../src/cli/flag-names.ts";
import { mineCommand } from "../../src/cli/mine.ts";
import type { SettingTable } from "../../src/cli/settings/table.ts";
import { trainCommand } from "../../src/cli/train.ts";
import { crossEncoderLosses, gistEmbed, multipleNegativesRanking, triplet } from "../../src/train.ts";

const [distill, encode, mine, train] = [distillCommand, encodeCommand, mineCommand, trainCommand].map(
  (each) => each.settings,
) as [SettingTable, SettingTable, SettingTable, SettingTable];

test.each([
  [train, "a.txt: set `format` to one of jsonl, csv", "a.txt: set --input-format to one of jsonl, csv"],
  [train, 'say `promptNames: "s2p_query"`, or `prompts: ""`', 'say --prompt-names s2p_query, or --prompts ""'],
  [train, 'name them, `labels: ["no", "yes"]`', "name them, --labels no,yes"],
  [
    train,
    "continue it (`resume: true`), or delete it (`overwrite: true`)",
    "continue it (--resume), or delete it (--overwrite)",
  ],
  [train, "set `warmupSteps` to less", "set --warmup to less"],
  [train, "batchSize should be even and 4 or more", "--batch-size should be even and 4 or more"],
  [train, "the batchSize of 3, maxSeqLength: 5.", "the --batch-size of 3, --max-seq-length: 5."],
  [train, "a.yaml: batchSize should be a number", "a.yaml: batchSize should be a number"],
  [train, "lora.rank should be a positive integer", "--lora-rank should be a positive integer"],
  [train, "lora.targetModules should be names", "--lora-targets should be names"],
  [train, "no layer a: set targetModules to some of b", "no layer a: set --lora-targets to some of b"],
  [train, "`lora` needs a model with a Transformer", "--lora needs a model with a Transformer"],
  [
    train,
    'model.json: batchSize.x, "batchSize" and /batchSize stay',
    'model.json: batchSize.x, "batchSize" and /batchSize stay',
  ],
  [train, "then set a token by `token` or HF_TOKEN", "then set a token by HF_TOKEN"],
  [encode, "then set a token by `token` or HF_TOKEN", "then set a token by --token or HF_TOKEN"],
  [
    encode,
    "set another folder by `cacheFolder` or HF_HUB_CACHE",
    "set another folder by --cache-folder or HF_HUB_CACHE",
  ],
  [encode, "without `localFilesOnly` and HF_HUB_OFFLINE", "without --offline and HF_HUB_OFFLINE"],
  [encode, "Submit the work with `retryFailed: true`", "Submit the work with --retry-failed"],
  [mine, "leave outputFormat out, got triplet", "leave --output-format out, got triplet"],
  [mine, "`rangeMin` is 5: lower it, raise `rangeMax`", "--range-min is 5: lower it, raise --range-max"],
  [mine, "crossEncoder should give a pair one score", "--cross-encoder should give a pair one score"],
  [distill, "leave out `tokenizer`, which is for", "leave out --student-tokenizer, which is for"],
  [distill, "leave out `layers` and `keepDense`", "leave out --layers and --keep-dense"],
  [distill, "dimension should be less", "--dim should be less"],
])("%#: %2$s", (flags, message, expected) => {
  expect(withFlags(message, flags)).toBe(expected);
});

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was not refused");
}

test.each([
  [
    () => multipleNegativesRanking({ margin: 3 } as object),
    "--loss multiple-negatives-ranking has no --margin; it has --scale, --similarity, --symmetric, --directions, " +
      "--partition-mode, --hardness-mode, --hardness-strength",
  ],
  [
    () => multipleNegativesRanking({ contrastAnchors: false } as object),
    /^--loss \S+ has no --no-contrast-anchors[; ]/,
  ],
  [() => triplet({ positiveMargin: 3 } as object), /^--loss triplet has no --positive-margin[; ]/],
  [() => gistEmbed({ guide: "a", hardnessStrength: 3 } as never), /--guide, --guide-revision, .*--no-contrast-anchors/],
  [() => gistEmbed({} as never), /--guide should be a model folder/],
  [
    () => crossEncoderLosses.binaryCrossEntropy({ scale: 2 } as object),
    /^--loss binary-cross-entropy has no --scale[; ]/,
  ],
  [
    () => multipleNegativesRanking({ symmetric: true, partitionMode: "joint" }),
    "--symmetric sets --directions and --partition-mode: leave one of them out",
  ],
])("%#: an option that a loss refuses", (call, expected) => {
  const message = withFlags(messageOf(call), train);
  if (typeof expected === "string") expect(message).toBe(expected);
  else expect(message).toMatch(expected);
});
