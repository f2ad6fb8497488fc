/**
 * Numbers 128-bit hashes in the order in which they come: open addressing over typed arrays. 10 million take 230 MB:
 * 16 bytes each, and a table of 2 to 4 slots for every 3 of them.
 */
import { hashWords } from "./text-hash.ts";

/** Hashes in a piece: memory grows piece by piece, without a copy of all. */
const pieceSize = 65_536;

export class HashIndex {
  readonly #pieces: Uint32Array[] = [];
  /** Number + 1 of the hash that has the slot; 0 where none has. The length is a power of two. */
  #slots = new Uint32Array(1024);
  #size = 0;

  /** The number of the hash of four words at `at`; -1 where it didn't come. */
  find(hashes: Uint32Array, at: number): number {
    return this.#slots[this.#slotOf(hashes, at)]! - 1;
  }

  /** The number of the hash: the next one where it is new. */
  add(hashes: Uint32Array, at: number): number {
    if (this.#size * 3 >= this.#slots.length * 2) this.#grow();
    const slot = this.#slotOf(hashes, at);
    if (this.#slots[slot] !== 0) return this.#slots[slot]! - 1;
    const place = this.#size % pieceSize;
    if (place === 0) this.#pieces.push(new Uint32Array(pieceSize * hashWords));
    const piece = this.#pieces.at(-1)!;
    for (let word = 0; word < hashWords; word++) piece[place * hashWords + word] = hashes[at + word]!;
    this.#slots[slot] = ++this.#size;
    return this.#size - 1;
  }

  /** The words of the hash with that number: a view. */
  hash(number: number): Uint32Array {
    const start = (number % pieceSize) * hashWords;
    return this.#pieces[Math.floor(number / pieceSize)]!.subarray(start, start + hashWords);
  }

  /**
   * The slot that holds the hash, else the free one where it would go. The hash is random: its first word is as good.
   */
  #slotOf(hashes: Uint32Array, at: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hashes[at]! & mask; ; slot = (slot + 1) & mask) {
      const holder = this.#slots[slot]!;
      if (holder === 0) return slot;
      const piece = this.#pieces[Math.floor((holder - 1) / pieceSize)]!;
      const start = ((holder - 1) % pieceSize) * hashWords;
      let word = 0;
      while (word < hashWords && piece[start + word] === hashes[at + word]) word++;
      if (word === hashWords) return slot;
    }
  }

  #grow(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let number = 0; number < this.#size; number++) {
      const piece = this.#pieces[Math.floor(number / pieceSize)]!;
      this.#slots[this.#slotOf(piece, (number % pieceSize) * hashWords)] = number + 1;
    }
  }
}
