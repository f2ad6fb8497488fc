/**
 * Folders with odd settings, drawn at random: Python's ids, or a refusal by an HpdError. See
 * tools/gold/tokenizer-settings.py, which makes more of them for HPD_TOKENIZER_SETTINGS.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { HpdError } from "../../src/errors.ts";
import { buildTokenizer } from "../../src/tokenizer/build-tokenizer.ts";

/** What is refused by name though Python takes it. */
const refused = [
  // Python gives the token a new id, for which there is no embedding.
  /the (bos|eos|cls|sep|pad)_token .* is not in the vocabulary of/,
  // Positions and so embeddings would depend on the batch.
  /padding_side is "left"/,
  /padding: direction is "Left"/,
  // Python picks one of the two, another one the next time.
  /added token of two ids/,
  /the tokenizer class "?[A-Za-z0-9]+"? is not supported/,
  /the model has no vocabulary that can be read/,
  /holds a \w+ model and the tokenizer class needs/,
  /a BPE model without ByteLevel/,
  /prepend_scheme "first"/,
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
const { texts, bases, cases } = JSON.parse(gunzipSync(readFileSync(path)).toString("utf8")) as {
  texts: string[];
  bases: Record<string, Record<string, unknown>>;
  cases: Case[];
};

function filesOf({ base, changed, removed }: Case): Map<string, string> {
  const files = Object.entries({ ...bases[base], ...changed }).filter(([name]) => !removed.includes(name));
  return new Map(files.map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]));
}

/** What is not as in Python, or undefined. */
function difference(wanted: Case): unknown {
  try {
    const tokenizer = buildTokenizer(filesOf(wanted));
    // What Python refuses may be taken here: it gives no other result than Python's.
    if (wanted.error !== undefined) return undefined;
    if (wanted.paddingSide !== "right" || wanted.tokenTypes) return "should be refused";
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

test("ids, lengths and special tokens are Python's", () => {
  const differences = cases.flatMap((wanted) => {
    const found = difference(wanted);
    if (found === undefined) return [];
    const { base, changed, removed } = wanted;
    return [{ base, changed, removed, found }];
  });
  expect(differences.slice(0, 3)).toEqual([]);
  expect(cases.length).toBeGreaterThanOrEqual(600);
});
