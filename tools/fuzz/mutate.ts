/** Damages inputs as accidents and attackers do: a few changes each, always the same for the same random numbers. */
import type { Random } from "../../src/random.ts";

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.nextInteger(items.length)]!;
}

/** Small numbers are as likely as large ones. */
function size(random: Random, most: number): number {
  return Math.floor(2 ** (random.nextFloat() * Math.log2(most)));
}

const edgeBytes = [0, 1, 0x0a, 0x0d, 0x22, 0x2c, 0x7f, 0x80, 0xc0, 0xff];

export function mutateBytes(random: Random, bytes: Uint8Array): Uint8Array {
  let result: Uint8Array = bytes.slice();
  for (let changes = size(random, 8); changes > 0; changes--) result = changeBytes(random, result);
  return result;
}

function changeBytes(random: Random, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(pick(random, edgeBytes));
  const at = random.nextInteger(bytes.length);
  const end = Math.min(bytes.length, at + size(random, 64));
  switch (random.nextInteger(7)) {
    case 0:
      bytes[at]! ^= 1 << random.nextInteger(8);
      return bytes;
    case 1:
      bytes[at] = pick(random, edgeBytes);
      return bytes;
    case 2: {
      // A number of 1, 2, 4 or 8 bytes at the edge of its range, as lengths and offsets have them.
      const width = Math.min(2 ** random.nextInteger(4), bytes.length - at);
      const top = pick(random, [0, 0x7f, 0x80, 0xff]);
      bytes.fill(top === 0x80 ? 0 : top === 0x7f ? 0xff : top, at, at + width);
      bytes[at + width - 1] = top;
      return bytes;
    }
    case 3:
      return joined(bytes.subarray(0, at), bytes.subarray(end));
    case 4:
      return joined(bytes.subarray(0, end), bytes.subarray(at));
    case 5:
      return joined(
        bytes.subarray(0, at),
        Uint8Array.from({ length: end - at }, () => random.nextInteger(256)),
        bytes.subarray(at),
      );
    default:
      return bytes.slice(0, at);
  }
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** Pieces that parsers stumble over: ends of lines, quotes, markup, scripts, what is not a character. */
const oddTexts = [
  ..."\n\r\t\0\u0001\u001b\"'`,;|#>*-=_<&[](){}:@%!~\\/.",
  ..." \u00a0\u2028\u2029\u0085\u3000\u200b\u200d\u202e\ufeff\ufffd\ufffe",
  ..."aZ09é\u0301ßİıﬁ中日한กא\u0600\u{1f600}\u{1f468}\u{20000}\u{e0001}",
  "\ud800",
  "\udc00",
  "\r\n",
  "\n\n",
  "```\n",
  "---\n",
  "# ",
  "| a |",
  '""',
  "\\u0000",
  "__proto__",
  "constructor",
  "[CLS]",
  "</s>",
  "▁",
  "##",
  "Ġ",
  "é".normalize("NFD"),
];

export function mutateText(random: Random, text: string, longest = 200_000): string {
  let result = text;
  for (let changes = size(random, 6); changes > 0; changes--) result = changeText(random, result, longest);
  return result;
}

function changeText(random: Random, text: string, longest: number): string {
  const at = random.nextInteger(text.length + 1);
  const end = Math.min(text.length, at + size(random, 64));
  const odd = pick(random, oddTexts);
  switch (random.nextInteger(7)) {
    case 0:
      return text.slice(0, at) + odd + text.slice(at);
    case 1:
      return text.slice(0, at) + odd + text.slice(end);
    case 2:
      return text.slice(0, at) + text.slice(end);
    case 3: {
      // Whatever takes more than linear time shows in what is repeated often.
      const piece = random.nextInteger(2) === 0 ? odd : text.slice(at, end);
      const count = Math.floor(size(random, longest) / Math.max(1, piece.length));
      return (text.slice(0, at) + piece.repeat(count) + text.slice(at)).slice(0, 2 * longest);
    }
    case 4:
      return text.slice(0, end) + text.slice(at);
    case 5:
      return text.slice(0, at) + pick(random, oddTexts) + odd + text.slice(at);
    default:
      return text.slice(0, at);
  }
}

const oddValues: readonly ((random: Random) => unknown)[] = [
  () => null,
  () => true,
  () => false,
  (random) => pick(random, [0, -1, 1, -5, 1.5, 0.1, 2 ** 31, 2 ** 53, 1e300, -1e-300, 65, 513]),
  (random) => pick(random, ["", "a", "1", "constructor", "__proto__", "toString", "../..", "/", "\0", "mean", "[PAD]"]),
  (random) => pick(random, oddTexts),
  () => [],
  () => ({}),
  () => ({ toString: 1 }),
  (random) => nested(size(random, 2_000), random.nextInteger(2) === 0),
  (random) => "ab/ ".charAt(random.nextInteger(4)).repeat(size(random, 100_000)),
  (random) => Array.from({ length: size(random, 3_000) }, (_, index) => index),
];

function nested(depth: number, inArrays: boolean): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = inArrays ? [value] : { a: value };
  return value;
}

/** Changes a few places anywhere in a JSON value, and returns its text. */
export function mutateJson(random: Random, json: unknown): string {
  const root = { root: structuredClone(json) };
  for (let changes = size(random, 5); changes > 0; changes--) changeJson(random, root);
  return JSON.stringify(root.root) ?? "null";
}

function changeJson(random: Random, root: object): void {
  const places: { parent: Record<string, unknown>; key: string }[] = [];
  const open: object[] = [root];
  for (let parent = open.pop(); parent !== undefined && places.length < 2_000; parent = open.pop()) {
    for (const [key, value] of Object.entries(parent).slice(0, 200)) {
      places.push({ parent: parent as Record<string, unknown>, key });
      if (typeof value === "object" && value !== null) open.push(value);
    }
  }
  const { parent, key } = pick(random, places);
  const other = pick(random, places);
  switch (random.nextInteger(6)) {
    case 0:
      if (parent !== root) delete parent[key];
      return;
    case 1:
      set(parent, key, structuredClone(other.parent[other.key]));
      return;
    case 2:
      if (parent !== root)
        set(parent, pick(random, [other.key, ...["__proto__", "constructor", "", "type"]]), parent[key]);
      return;
    case 3: {
      const copies = size(random, 1_000);
      if (Array.isArray(parent)) for (let copy = 0; copy < copies; copy++) parent.push(structuredClone(parent[0]));
      else for (let copy = 0; copy < copies; copy++) set(parent, `${key}${copy}`, parent[key]);
      return;
    }
    default:
      set(parent, key, pick(random, oddValues)(random));
  }
}

/** `__proto__` as JSON.parse makes it, an own property. */
function set(parent: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, configurable: true, enumerable: true, writable: true });
}
