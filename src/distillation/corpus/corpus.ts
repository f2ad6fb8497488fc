/**
 * The sentences of a run: read from files, those of use kept once, some held out, in a shuffled order. 10 million take
 * 400 MB while they are read (see `HashIndex` and `TextStore`) and 180 MB afterwards; the text is on the disk.
 */
import { createHash } from "node:crypto";
import { yieldToEventLoop } from "../../common/yielder.ts";
import { HpdError } from "../../errors.ts";
import { Random } from "../../random.ts";
import { TextStore } from "../../training/data/text-store.ts";
import { loadAugmentation } from "../augmentation/load-augmentation.ts";
import { SentenceCollector } from "./collect-sentences.ts";
import type { CorpusCounts, CorpusOptions } from "./corpus-options.ts";
import { hashWords } from "./text-hash.ts";

export interface Corpus {
  /** Rows of the sentences to learn from, shuffled. */
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly counts: CorpusCounts;
  /** SHA-256 over all sentences in their order. */
  readonly fingerprint: string;
  /** The sentences of these rows, in their order. */
  read(rows: ArrayLike<number>): Promise<string[]>;
  close(): Promise<void>;
}

/** The rows of all sentences: those to learn from, then those held out. */
export function corpusRows({ train, validation }: Pick<Corpus, "train" | "validation">): Uint32Array {
  const rows = new Uint32Array(train.length + validation.length);
  rows.set(train);
  rows.set(validation, train.length);
  return rows;
}

export type CorpusReport = (stage: "read" | "augment", done: number, total: number | undefined) => void;

/** Sentences of which variants are made, and whose hashes are hashed, between two yields to the event loop. */
const augmentedAtOnce = 1024;
const hashedAtOnce = 8192;

/**
 * @param folder of the file that holds the sentences while they are in use
 * @throws HpdError `not_found`, `corrupt_file`, `invalid_argument` for unusable files or invalid options; the signal's
 *   reason
 */
export async function openCorpus(
  options: CorpusOptions,
  folder: string,
  signal: AbortSignal,
  report: CorpusReport,
): Promise<Corpus> {
  checkOptions(options);
  const augment = options.augmentation && (await loadAugmentation(options.augmentation));
  const random = new Random(options.seed);
  const texts = await TextStore.create(folder);
  try {
    const collector = new SentenceCollector(texts, options.maxCharacters ?? 256);
    const onRead = (read: number) => report("read", read, undefined);
    const ownValidation = typeof options.validation === "number" ? [] : options.validation;
    // First, so that a sentence that stands in both is held out.
    for (const file of ownValidation) await collector.addFile(file, signal, onRead);
    const ownCount = texts.count;
    for (const file of options.sentences) await collector.addFile(file, signal, onRead);
    await texts.flush();

    const order = random.shuffle(rowsFrom(ownCount, texts.count));
    const drawn = typeof options.validation === "number" ? options.validation : 0;
    requireSentences(collector.counts, order.length - drawn, ownCount + drawn, options);
    const validation = ownValidation.length > 0 ? rowsFrom(0, ownCount) : order.slice(0, drawn);
    let train = order.slice(drawn, drawn + (options.limit ?? order.length));
    const firstVariant = texts.count;
    if (augment !== undefined) {
      for (let start = 0; start < train.length; start += augmentedAtOnce) {
        for (const text of await texts.read(train.subarray(start, start + augmentedAtOnce))) {
          for (const variant of augment(text, random)) await collector.add(variant);
        }
        signal.throwIfAborted();
        report("augment", Math.min(start + augmentedAtOnce, train.length), train.length);
      }
      await texts.flush();
      const both = new Uint32Array(train.length + texts.count - firstVariant);
      both.set(train);
      both.set(rowsFrom(firstVariant, texts.count), train.length);
      train = random.shuffle(both);
    }

    return {
      train,
      validation,
      counts: {
        ...collector.counts,
        augmented: texts.count - firstVariant,
        train: train.length,
        validation: validation.length,
      },
      fingerprint: await fingerprintOf([train, validation], collector),
      read: (rows) => texts.read(rows),
      close: () => texts.close(),
    };
  } catch (error) {
    await texts.close();
    throw error;
  }
}

async function fingerprintOf(sets: readonly Uint32Array[], collector: SentenceCollector): Promise<string> {
  const fingerprint = createHash("sha256");
  const hashes = new Uint32Array(hashedAtOnce * hashWords);
  for (const rows of sets) {
    fingerprint.update(`${rows.length}:`);
    for (let start = 0; start < rows.length; start += hashedAtOnce) {
      const some = rows.subarray(start, start + hashedAtOnce);
      for (const [index, row] of some.entries()) hashes.set(collector.hash(row), index * hashWords);
      fingerprint.update(hashes.subarray(0, some.length * hashWords));
      await yieldToEventLoop();
    }
  }
  return fingerprint.digest("hex");
}

function checkOptions({ sentences, validation, maxCharacters, limit }: CorpusOptions): void {
  if (sentences.length === 0) throw new HpdError("invalid_argument", "there should be a file of sentences, got none");
  if (typeof validation !== "number" && validation.length === 0) {
    throw new HpdError("invalid_argument", "validation should be a number of sentences or files, got no files");
  }
  for (const [option, value] of Object.entries({ validation, maxCharacters, limit })) {
    const least = option === "validation" ? 0 : 1;
    if (value === undefined || typeof value === "object" || (Number.isSafeInteger(value) && value >= least)) continue;
    throw new HpdError("invalid_argument", `${option} should be an integer of at least ${least}, got ${value}`);
  }
}

function requireSentences(
  { read, empty, tooLong, duplicates }: SentenceCollector["counts"],
  train: number,
  validation: number,
  options: CorpusOptions,
): void {
  if (train > 0 && (validation > 0 || options.validation === 0)) return;
  throw new HpdError(
    "invalid_argument",
    `of ${read} sentences read ${empty} are empty, ${tooLong} longer than ${options.maxCharacters ?? 256} characters, ` +
      `${duplicates} duplicates: too few are left to hold out ${validation} and train on the others. Give more sentences, hold out ` +
      "fewer, or allow longer ones",
  );
}

function rowsFrom(start: number, end: number): Uint32Array {
  return Uint32Array.from({ length: end - start }, (_, index) => start + index);
}
