import { describe, expect, test } from "vitest";
import { Random } from "../src/random.ts";

describe("Random", () => {
  // The vector that implementations of xoshiro128** share, from the C reference.
  test("is xoshiro128**", () => {
    const random = Random.fromState([1, 2, 3, 4]);
    const outputs = Array.from({ length: 10 }, () => random.nextInteger(2 ** 32));
    expect(outputs).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  test("fills with the words that it would give one by one, and goes on from there", () => {
    const [filling, giving] = [new Random(3), new Random(3)];
    for (const count of [1, 0, 1000]) {
      const words = new Uint32Array(count);
      filling.fill(words);
      expect([...words]).toEqual(Array.from(words, () => giving.nextInteger(2 ** 32)));
      expect(filling.state).toEqual(giving.state);
    }
  });

  test("texts have streams of their own", () => {
    const first = (text: string) => Random.fromText(text).nextInteger(2 ** 32);
    expect(first("a")).toBe(first("a"));
    expect(new Set(["", "a", "b", "ab", "ba"].map(first)).size).toBe(5);
  });

  test("is seeded by splitmix64", () => {
    // 6457827717110365317 and 3203168211198807973, low word first.
    const words = [6457827717110365317n, 3203168211198807973n].flatMap((word) => [
      Number(word & 0xffffffffn),
      Number(word >> 32n),
    ]);
    expect(new Random(1234567).state).toEqual(words);
  });

  test("goes on from its state, through JSON", () => {
    const random = new Random(7);
    for (let count = 0; count < 5; count++) random.normal();
    const resumed = Random.fromState(JSON.parse(JSON.stringify(random.state)));
    const draw = (from: Random) => [from.nextFloat(), from.normal(), from.nextInteger(10), from.shuffle([1, 2, 3, 4])];
    expect(draw(resumed)).toEqual(draw(random));
    expect(draw(new Random(8))).not.toEqual(draw(new Random(7)));
  });

  test("uniform and normal numbers have their moments", () => {
    const random = new Random(1);
    const count = 200_000;
    let [mean, square, normalMean, normalSquare, normalFourth] = [0, 0, 0, 0, 0];
    let [least, most] = [Infinity, -Infinity];
    for (let index = 0; index < count; index++) {
      const uniform = random.nextFloat();
      least = Math.min(least, uniform);
      most = Math.max(most, uniform);
      mean += uniform / count;
      square += uniform ** 2 / count;
      const normal = random.normal();
      normalMean += normal / count;
      normalSquare += normal ** 2 / count;
      normalFourth += normal ** 4 / count;
    }
    expect(least).toBeGreaterThanOrEqual(0);
    expect(most).toBeLessThan(1);
    expect(mean).toBeCloseTo(1 / 2, 2);
    expect(square).toBeCloseTo(1 / 3, 2);
    expect(normalMean).toBeCloseTo(0, 1.5);
    expect(normalSquare).toBeCloseTo(1, 1.5);
    expect(Math.abs(normalFourth - 3)).toBeLessThan(0.1);
  });

  test("every order of a shuffle is as likely as the others", () => {
    const random = new Random(2);
    const counts = new Map<string, number>();
    for (let round = 0; round < 24_000; round++) {
      const order = random.shuffle([0, 1, 2, 3]).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(49.7); // 23 degrees of freedom, p = 0.001
    expect(random.shuffle(new Float32Array([1, 2, 3])).toSorted()).toEqual(new Float32Array([1, 2, 3]));
  });

  test("refuses what is no seed, state or bound", () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => new Random(seed)).toThrow(/seed/);
    for (const below of [0, -3, 1.5, 2 ** 32 + 1])
      expect(() => new Random(0).nextInteger(below)).toThrow(/the bound .* from 1 to 2\^32/);
    for (const state of [
      [0, 0, 0, 0],
      [1, 2, 3],
      [1, 2, 3, 2 ** 32],
      [1, 2, 3, 0.5],
    ]) {
      expect(() => Random.fromState(state as never)).toThrow(/four 32-bit words/);
    }
  });
});
