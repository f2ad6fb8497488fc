/**
 * Seeded random numbers: equal seeds give equal numbers on every machine, and a run that is resumed goes on where it
 * stood. Not for secrets. Source: xoshiro128**, seeded by splitmix64 (Blackman and Vigna, https://prng.di.unimi.it).
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
      throw new HpdError("invalid_argument", `a seed is an integer from 0 to 2^53 - 1, got ${seed}`);
    }
    this.#words = new Uint32Array(splitmix64(BigInt(seed), 2).buffer);
  }

  /** Streams of different texts have nothing to do with one another. */
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
        `the state of a random generator is four 32-bit words, not all zero, got ${describe(state)}`,
      );
    }
    const random = new Random(0);
    random.#words = words;
    return random;
  }

  /** What `fromState` goes on from. */
  get state(): RandomState {
    return [...this.#words] as unknown as RandomState;
  }

  /** Uniform in [0, 1), with 53 bits. */
  nextFloat(): number {
    const high = this.#next() >>> 5;
    const low = this.#next() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /**
   * Uniform in 0, 1, ..., `below` - 1.
   * @param below from 1 to 2^32
   * @throws HpdError `invalid_argument` for another one
   */
  nextInteger(below: number): number {
    if (!Number.isInteger(below) || below < 1 || below > 2 ** 32) {
      throw new HpdError("invalid_argument", `a random integer is asked for below 1 to 2^32, got ${below}`);
    }
    // So many values that each remainder is as frequent as the others.
    const fair = 2 ** 32 - (2 ** 32 % below);
    let value = this.#next();
    while (value >= fair) value = this.#next();
    return value % below;
  }

  /** Normal with mean 0 and standard deviation 1 (Box and Muller). */
  normal(): number {
    // 1 - x, so that the logarithm never meets 0.
    const radius = Math.sqrt(-2 * Math.log(1 - this.nextFloat()));
    return radius * Math.cos(2 * Math.PI * this.nextFloat());
  }

  /** With uniform 32-bit words, the ones that `nextInteger(2 ** 32)` would give, many times as fast. */
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

  /** In place, every order as likely as the others (Fisher and Yates). */
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
