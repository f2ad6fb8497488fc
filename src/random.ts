/**
 * Seeded random numbers: equal seeds give equal numbers on every machine, and a saved state continues the sequence. Not
 * for secrets. Source: xoshiro128**, seeded by splitmix64 (Blackman and Vigna, https://prng.di.unimi.it).
 */
import { describe } from "./common/json.ts";
import { HpdError } from "./errors.ts";

/** Four 32-bit words, as JSON holds them. */
export type RandomState = readonly [number, number, number, number];

export class Random {
  #words: Uint32Array;

  /**
   * @param seed an integer from 0 to 2^53 - 1
   * @throws HpdError `invalid_argument` for another one
   */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new HpdError("invalid_argument", `seed should be an integer from 0 to 2^53 - 1, got ${seed}`);
    }
    this.#words = new Uint32Array(splitmix64(BigInt(seed), 2).buffer);
  }

  /** A generator seeded by a text. Those of different texts are independent. */
  static fromText(text: string): Random {
    const random = new Random(0);
    random.#words = new Uint32Array(splitmix64(fnv1a(text), 2).buffer);
    return random;
  }

  /** @throws HpdError `invalid_argument` where it is no state of this generator */
  static fromState(state: RandomState): Random {
    const words = Uint32Array.from(state);
    if (words.length !== 4 || words.some((word, index) => word !== state[index]) || words.every((word) => word === 0)) {
      throw new HpdError(
        "invalid_argument",
        `the state of a random generator should be four 32-bit words, not all zero, got ${describe(state)}`,
      );
    }
    const random = new Random(0);
    random.#words = words;
    return random;
  }

  /** The current state, from which `fromState` continues. */
  get state(): RandomState {
    return [...this.#words] as unknown as RandomState;
  }

  /** A number uniform in [0, 1), with 53 bits. */
  nextFloat(): number {
    const high = this.#next() >>> 5;
    const low = this.#next() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /**
   * An integer uniform in 0, 1, ..., `below` - 1.
   * @param below from 1 to 2^32
   * @throws HpdError `invalid_argument` for another one
   */
  nextInteger(below: number): number {
    if (!Number.isInteger(below) || below < 1 || below > 2 ** 32) {
      throw new HpdError(
        "invalid_argument",
        `the bound of a random integer should be an integer from 1 to 2^32, got ${below}`,
      );
    }
    // Values from here on are drawn again, so that every remainder is equally likely.
    const fair = 2 ** 32 - (2 ** 32 % below);
    let value = this.#next();
    while (value >= fair) value = this.#next();
    return value % below;
  }

  /** A number of the standard normal distribution (Box and Muller). */
  normal(): number {
    // 1 - x, so that the logarithm never meets 0.
    const radius = Math.sqrt(-2 * Math.log(1 - this.nextFloat()));
    return radius * Math.cos(2 * Math.PI * this.nextFloat());
  }

  /** Fills an array with uniform 32-bit words: those of `nextInteger(2 ** 32)`, many times as fast. */
  fill(target: Uint32Array): void {
    let [a, b, c, d] = this.state;
    for (let index = 0; index < target.length; index++) {
      target[index] = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9);
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = rotateLeft(d, 11);
    }
    this.#words.set([a, b, c, d]);
  }

  /** Shuffles in place, every order equally likely (Fisher and Yates). */
  shuffle<Items extends { length: number; [index: number]: unknown }>(items: Items): Items {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.nextInteger(last + 1);
      const item = items[last];
      items[last] = items[other];
      items[other] = item;
    }
    return items;
  }

  #next(): number {
    const words = this.#words;
    const [a, b, c, d] = words as unknown as RandomState;
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    words[2] = c ^ a;
    words[3] = d ^ b;
    words[1] = b ^ words[2]!;
    words[0] = a ^ words[3]!;
    words[2]! ^= b << 9;
    words[3] = rotateLeft(words[3]!, 11);
    return result;
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function splitmix64(seed: bigint, count: number): BigUint64Array {
  const outputs = new BigUint64Array(count);
  let state = seed;
  for (let index = 0; index < count; index++) {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    outputs[index] = z ^ (z >> 31n);
  }
  return outputs;
}

function fnv1a(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
