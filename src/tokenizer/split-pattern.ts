/**
 * The regular expressions that `Split` of tokenizer.json has, read as alternatives of character sets with quantifiers.
 * Python's `tokenizers` runs them by Oniguruma, whose syntax and character classes differ from JavaScript's: what is
 * understood here means the same there, and the rest is refused by name.
 *
 * Understood: literals, `\r \n \t \s \S \p{..} \P{..}`, sets of these and of ranges, `|`, `(?:...)` and `(?i:...)` with
 * an optional `?`, `(?!x)` and `(?=x)` of one character, greedy and possessive `? * +`, greedy `{n} {n,} {n,m}`.
 */
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";

/** One character of a set, repeated; or a look at the next one. */
export interface Atom {
  /** A regular expression of one character, for the flag `u`, or `iu` where `ignoreCase`. */
  readonly set: string;
  readonly ignoreCase: boolean;
  readonly least: number;
  readonly most: number;
  readonly possessive: boolean;
  readonly look?: "is next" | "is not next";
}

/** Atoms one after the other. */
export type Alternative = readonly Atom[];

/** Far above what real models have; groups are written out, so a short pattern may have many. */
const maxAlternatives = 256;
const maxAtoms = 64;
const maxRepeats = 32;
/** Ways to divide a text among the atoms that take a bounded number of characters, of all alternatives together. */
const maxWays = 256;
/** General categories, which both engines name alike. */
const category = /^(?:L|Lu|Ll|Lt|Lm|Lo|M|Mn|Mc|Me|N|Nd|Nl|No|P|Pc|Pd|Ps|Pe|Pi|Pf|Po|S|Sm|Sc|Sk|So|Z|Zs|Zl|Zp)$/;
const escaped: Readonly<Record<string, string>> = { r: "\\r", n: "\\n", t: "\\t" };
const white = { s: "\\p{White_Space}", S: "\\P{White_Space}" } as const;

/** @throws HpdError `unsupported` for a pattern that is not understood, naming the position */
export function parseSplitPattern(pattern: string): readonly Alternative[] {
  const alternatives = new PatternParser(pattern).parse();
  const empty = alternatives.some((atoms) => atoms.every(({ least, look }) => least === 0 || look !== undefined));
  if (empty) throw refused(pattern, "a part that matches no character at all");
  // No more is kept of these than where each starts, so all ways are tried.
  const ways = alternatives.map((atoms) =>
    atoms.reduce((product, { least, most }) => product * choices(least, most), 1),
  );
  if (ways.reduce((sum, each) => sum + each, 0) > maxWays) throw refused(pattern, "too many ways to match a text");
  return alternatives;
}

/** The number of lengths that a bounded atom may have; 1 for an unbounded one, which is matched at once. */
function choices(least: number, most: number): number {
  return most === Number.POSITIVE_INFINITY ? 1 : most - least + 1;
}

class PatternParser {
  readonly #pattern: string;
  #at = 0;
  #ignoreCase = false;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  parse(): readonly Alternative[] {
    const alternatives = this.#alternatives();
    if (this.#at < this.#pattern.length) throw this.#fault();
    return alternatives;
  }

  #alternatives(): readonly Alternative[] {
    const all = [...this.#sequence()];
    while (this.#take("|")) all.push(...this.#sequence());
    return this.#bounded(all);
  }

  /** A sequence with its groups written out. */
  #sequence(): readonly Alternative[] {
    let all: readonly Alternative[] = [[]];
    while (this.#at < this.#pattern.length && !"|)".includes(this.#pattern[this.#at]!)) {
      const next = this.#pattern[this.#at] === "(" ? this.#group() : [[this.#atom()]];
      all = this.#bounded(all.flatMap((before) => next.map((after) => [...before, ...after])));
    }
    return all;
  }

  #group(): readonly Alternative[] {
    for (const [start, look] of [
      ["(?!", "is not next"],
      ["(?=", "is next"],
    ] as const) {
      if (!this.#take(start)) continue;
      const set = this.#set();
      if (!this.#take(")")) throw this.#fault();
      return [[{ set, ignoreCase: this.#ignoreCase, least: 1, most: 1, possessive: false, look }]];
    }
    const before = this.#ignoreCase;
    if (this.#take("(?i:")) this.#ignoreCase = true;
    else if (!this.#take("(?:") && !this.#takeCapture()) throw this.#fault();
    const inner = this.#alternatives();
    this.#ignoreCase = before;
    if (!this.#take(")")) throw this.#fault();
    const isOptional = this.#take("?");
    if (this.#at < this.#pattern.length && "?*+{".includes(this.#pattern[this.#at]!)) throw this.#fault();
    return isOptional ? [...inner, []] : inner;
  }

  /** A group that is captured matches what one that isn't does. */
  #takeCapture(): boolean {
    return this.#pattern[this.#at + 1] !== "?" && this.#take("(");
  }

  #atom(): Atom {
    const set = this.#set();
    let [least, most, possessive] = [1, 1, false];
    const braces = /^\{(\d{1,4})(?:(,)(\d{0,4}))?\}/.exec(this.#pattern.slice(this.#at, this.#at + 12));
    if (braces !== null) {
      this.#at += braces[0].length;
      least = Number(braces[1]);
      most = braces[2] === undefined ? least : braces[3] === "" ? Number.POSITIVE_INFINITY : Number(braces[3]);
      if (most < least || least > maxRepeats || (most > maxRepeats && most !== Number.POSITIVE_INFINITY)) {
        throw this.#fault();
      }
    } else {
      const quantifier = (["?", "*", "+"] as const).find((each) => this.#take(each));
      if (quantifier !== undefined) {
        least = quantifier === "+" ? 1 : 0;
        most = quantifier === "?" ? 1 : Number.POSITIVE_INFINITY;
        possessive = this.#take("+");
      }
    }
    // A second quantifier: lazy, or a repetition of the repetition.
    if (this.#at < this.#pattern.length && "?*+{".includes(this.#pattern[this.#at]!)) throw this.#fault();
    return { set, ignoreCase: this.#ignoreCase, least, most, possessive };
  }

  #set(): string {
    if (this.#pattern[this.#at] === "[") return this.#brackets();
    return this.#single(".^$*+?{}()|") ?? this.#refuse();
  }

  #brackets(): string {
    let set = "[";
    this.#at++;
    if (this.#take("^")) set += "^";
    const empty = set.length;
    while (this.#pattern[this.#at] !== "]") {
      // `&&` and `[` have a meaning of their own, and an unescaped `-` at an end is one of many readings.
      if (this.#at >= this.#pattern.length || this.#pattern.startsWith("&&", this.#at)) throw this.#fault();
      const isFirst = set.length === empty;
      if (this.#pattern[this.#at] === "-" && (isFirst || this.#pattern[this.#at + 1] === "]")) {
        this.#at++;
        set += "\\-";
        continue;
      }
      const item = this.#single("[-") ?? this.#refuse();
      set += item;
      if (this.#pattern[this.#at] !== "-" || this.#pattern[this.#at + 1] === "]") continue;
      this.#at++;
      const last = this.#single("[-") ?? this.#refuse();
      if (item.startsWith("\\p") || item.startsWith("\\P") || last.startsWith("\\p") || last.startsWith("\\P")) {
        throw this.#fault();
      }
      set += `-${last}`;
    }
    if (set.length === empty) throw this.#fault();
    this.#at++;
    try {
      new RegExp(`${set}]`, "u");
    } catch {
      throw this.#fault();
    }
    return `${set}]`;
  }

  /** One character, escape or property as JavaScript spells it; undefined where it is one of `special`. */
  #single(special: string): string | undefined {
    const character = String.fromCodePoint(this.#pattern.codePointAt(this.#at) ?? 0);
    if (this.#at >= this.#pattern.length || special.includes(character)) return undefined;
    this.#at += character.length;
    if (character !== "\\") return spelled(character);
    const name = this.#pattern[this.#at];
    if (name === undefined) return undefined;
    if (name === "s" || name === "S") {
      this.#at++;
      return white[name];
    }
    if (name === "p" || name === "P") {
      const property = /^[pP]\{(\^?)(\w+)\}/.exec(this.#pattern.slice(this.#at, this.#at + 16));
      if (property === null || !category.test(property[2]!)) return undefined;
      this.#at += property[0].length;
      return `\\${(name === "P") !== (property[1] === "^") ? "P" : "p"}{${property[2]}}`;
    }
    if (Object.hasOwn(escaped, name)) {
      this.#at++;
      return escaped[name];
    }
    // Punctuation stands for itself; letters and digits have meanings of their own.
    if (!/^[!-/:-@[-`{-~]$/.test(name)) return undefined;
    this.#at++;
    return spelled(name);
  }

  #take(text: string): boolean {
    if (!this.#pattern.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #bounded(alternatives: readonly Alternative[]): readonly Alternative[] {
    const isLarge = alternatives.length > maxAlternatives || alternatives.some(({ length }) => length > maxAtoms);
    if (isLarge) throw refused(this.#pattern, "too many alternatives");
    return alternatives;
  }

  #refuse(): never {
    throw this.#fault();
  }

  #fault(): HpdError {
    return refused(this.#pattern, describe(this.#pattern.slice(this.#at, this.#at + 12) || "the end"));
  }
}

function spelled(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

function refused(pattern: string, what: string): HpdError {
  return new HpdError(
    "unsupported",
    `the pattern ${describe(pattern)} of tokenizer.json is not supported, for ${what}. Supported are alternatives of ` +
      "characters and sets, with greedy quantifiers, as the tokenizers of GPT-4, Llama 3, Qwen and DeepSeek have them",
  );
}
