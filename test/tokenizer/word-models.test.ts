/** The quick ways of the word models, the search and the normalizer give what the plain ways give, on random input. */
import { describe, expect, test } from "vitest";
import { Random } from "../../src/random.ts";
import { BytePairEncoding } from "../../src/tokenizer/byte-pair-encoding.ts";
import { normalizeLinear } from "../../src/tokenizer/combining-marks.ts";
import { LeftmostLongest } from "../../src/tokenizer/leftmost-longest.ts";
import { Unigram } from "../../src/tokenizer/unigram.ts";
import type { Merge } from "../../src/tokenizer/vocabulary-files.ts";
import { WordPiece } from "../../src/tokenizer/word-piece.ts";

const rounds = 300;

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.nextInteger(values.length)]!;
}

function word(random: Random, letters: readonly string[], length: number): string {
  return Array.from({ length }, () => pick(random, letters)).join("");
}

/** Different words of 1 to `longest` letters. */
function words(random: Random, letters: readonly string[], count: number, longest: number): string[] {
  return [...new Set(Array.from({ length: count }, () => word(random, letters, 1 + random.nextInteger(longest))))];
}

describe("byte-pair encoding", () => {
  /** Merges in a random order of tokens that may lead nowhere, with ranks that fall as words grow. */
  function randomMerges(random: Random, letters: readonly string[]): Merge[] {
    const tokens = [...letters];
    const merges: Merge[] = [];
    for (let count = random.nextInteger(40); count > 0; count--) {
      const [left, right] = [pick(random, tokens), pick(random, tokens)];
      if (left.length + right.length > 12) continue;
      merges.push([left, right, left + right]);
      tokens.push(left + right);
    }
    for (let index = merges.length - 1; index > 0; index--) {
      if (random.nextInteger(3) > 0) continue;
      const other = random.nextInteger(index + 1);
      [merges[index], merges[other]] = [merges[other]!, merges[index]!];
    }
    return merges;
  }

  function plainly(text: string, merges: readonly Merge[]): string[] {
    const ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
    const parts = [...text];
    for (;;) {
      let best = -1;
      let lowest = Number.POSITIVE_INFINITY;
      for (let at = 0; at + 1 < parts.length; at++) {
        const rank = ranks.get(`${parts[at]} ${parts[at + 1]}`) ?? Number.POSITIVE_INFINITY;
        if (rank < lowest) [best, lowest] = [at, rank];
      }
      if (best < 0) return parts;
      parts.splice(best, 2, parts[best]! + parts[best + 1]!);
    }
  }

  test("short words are merged as a whole, long ones from the left", () => {
    const random = new Random(11);
    for (let round = 0; round < rounds; round++) {
      const letters = ["a", "b", "😀", "c"].slice(0, 1 + random.nextInteger(4));
      const merges = randomMerges(random, letters);
      const tokens = [...new Set([...letters, ...merges.map(([left, right]) => left + right)])];
      const vocabulary = new Map(tokens.map((token, index) => [token, 7 * index + 1]));
      const options = { vocabulary, merges, ignoreMerges: false };
      const model = new BytePairEncoding({ ...options, longPiece: 512 });
      for (const length of round < 50 ? [1, 2, 3, 17, 600] : [3, 17]) {
        const text = word(random, letters, length);
        const want = plainly(text, merges).map((token) => vocabulary.get(token)!);
        expect(model.encode(text, Number.POSITIVE_INFINITY)).toEqual(want);
        if (length !== 17) continue;
        const long = text.repeat(60);
        const whole = model.encode(long, Number.POSITIVE_INFINITY);
        expect(new BytePairEncoding(options).encode(long, Number.POSITIVE_INFINITY)).toEqual(whole);
        expect(model.encode(long, 9).slice(0, 9)).toEqual(whole.slice(0, 9));
      }
    }
  });

  test("a word that is a token stays whole where merges are ignored", () => {
    const vocabulary = new Map([..."ab", "abab"].map((token, index) => [token, index]));
    expect(new BytePairEncoding({ vocabulary, merges: [], ignoreMerges: true }).encode("abab", 9)).toEqual([2]);
    expect(new BytePairEncoding({ vocabulary, merges: [], ignoreMerges: false }).encode("abab", 9)).toEqual([
      0, 1, 0, 1,
    ]);
  });
});

test("Unigram: the best of all segmentations, its first ids without the rest of the word", () => {
  const random = new Random(12);
  for (let round = 0; round < rounds; round++) {
    const letters = ["a", "b", "𠀀", "é"].slice(0, 1 + random.nextInteger(4));
    // Scores of few values, so that many segmentations are equal: the one with the longest pieces first counts.
    const pieces = ["?", ...words(random, letters.slice(0, 3), random.nextInteger(12), 5)].map(
      (piece): [string, number] => [piece, -1 - random.nextInteger(4)],
    );
    const model = new Unigram({ pieces, unknownId: 0 });
    const text = word(random, letters, 1 + random.nextInteger(30));
    expect(model.encode(text, Number.POSITIVE_INFINITY)).toEqual(segment(text, pieces));
    const long = text.repeat(100);
    const whole = model.encode(long, Number.POSITIVE_INFINITY);
    for (const limit of [1, 3, 20]) expect(model.encode(long, limit).slice(0, limit)).toEqual(whole.slice(0, limit));
  }
});

function segment(text: string, pieces: readonly [string, number][]): number[] {
  const unknown = Math.min(...pieces.map(([, score]) => score)) - 10;
  const scores = [0];
  const paths: number[][] = [[]];
  let end = 0;
  for (const letter of text) {
    end += letter.length;
    for (let start = 0; start < end; start++) {
      const before = scores[start];
      const reached = scores[end];
      if (before === undefined) continue;
      const id = pieces.findIndex(([piece]) => piece === text.slice(start, end));
      if (id < 0 && start !== end - letter.length) continue;
      const sum = (id < 0 ? unknown : pieces[id]![1]) + before;
      if (reached !== undefined && sum <= reached) continue;
      scores[end] = sum;
      paths[end] = [...paths[start]!, Math.max(id, 0)];
    }
  }
  return paths[text.length]!.filter((id, index, path) => id !== 0 || path[index - 1] !== 0);
}

test.each([undefined, 0, 9])("WordPiece: the longest piece first; %s lookups before its trie", (lookupsBefore) => {
  const random = new Random(13);
  for (let round = 0; round < rounds; round++) {
    const letters = ["a", "b", "𠀀"];
    const continuingPrefix = pick(random, ["##", "", "a"]);
    const pieces = words(random, [...letters, continuingPrefix], 20, 4);
    const vocabulary = new Map(["[UNK]", ...pieces].map((piece, id) => [piece, id]));
    const options = lookupsBefore === undefined ? {} : { lookupsBefore };
    const model = new WordPiece({ vocabulary, unknownId: 0, continuingPrefix, maxWordLength: 12, ...options });
    const text = word(random, letters, 1 + random.nextInteger(14));
    const want: number[] = [];
    for (let start = 0; start < text.length && want[0] !== 0; ) {
      let end = text.length;
      const piece = () => (start === 0 ? "" : continuingPrefix) + text.slice(start, end);
      while (end > start && !vocabulary.has(piece())) end--;
      if (end === start || [...text].length > 12) want.splice(0, want.length, 0);
      else want.push(vocabulary.get(piece())!);
      start = end;
    }
    expect([text, model.encode(text)]).toEqual([text, want]);
  }
});

test("the search finds the leftmost strings, of those the longest", () => {
  const random = new Random(14);
  for (let round = 0; round < rounds; round++) {
    const letters = ["a", "b", "😀"].slice(0, 1 + random.nextInteger(3));
    const patterns = words(random, letters, 1 + random.nextInteger(8), 1 + random.nextInteger(6));
    const text = word(random, letters, random.nextInteger(40));
    const want: object[] = [];
    for (let start = 0; start < text.length; ) {
      const here = patterns.filter((pattern) => text.startsWith(pattern, start));
      const longest = here.sort((a, b) => b.length - a.length)[0];
      if (longest === undefined) {
        start++;
        continue;
      }
      want.push({ start, end: start + longest.length, pattern: patterns.indexOf(longest) });
      start += longest.length;
    }
    expect([...new LeftmostLongest(patterns).matches(text)]).toEqual(want);
  }
});

test("long runs of combining marks are normalized as the engine does it", () => {
  const random = new Random(15);
  const marks = ["\u0301", "\u0323", "\u0345", "\u0334", "\u3099", "\uff9e", "\u0344", "\u0f73", "\u05b0", "\u{1d165}"];
  const letters = ["a", "e", "é", "か", "ﬁ", "각", "\u1100", "\u1161", "한", "漢", "\u{1d157}", " "];
  for (let round = 0; round < rounds; round++) {
    const text = Array.from({ length: 1 + random.nextInteger(4) }, () => {
      return pick(random, letters) + word(random, marks, random.nextInteger(60));
    }).join("");
    for (const form of ["NFC", "NFD", "NFKC", "NFKD"] as const) {
      expect([...normalizeLinear(text, form)]).toEqual([...text.normalize(form)]);
    }
  }
});
