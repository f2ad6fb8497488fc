/** Numbers of which it isn't known how many come, in little more memory than they need. */

export class Growing<Numbers extends Float32Array | Float64Array | Uint32Array> {
  #numbers: Numbers;
  #length = 0;
  readonly #make: (length: number) => Numbers;

  /** @param make an array of so many numbers */
  constructor(make: (length: number) => Numbers) {
    this.#make = make;
    this.#numbers = make(1024);
  }

  get length(): number {
    return this.#length;
  }

  push(number: number): void {
    if (this.#length === this.#numbers.length) {
      // Not twice as many: with the old ones beside them that would be three times what they need.
      const more = this.#make(Math.ceil(1.5 * this.#length));
      more.set(this.#numbers);
      this.#numbers = more;
    }
    this.#numbers[this.#length++] = number;
  }

  set(index: number, number: number): void {
    this.#numbers[index] = number;
  }

  at(index: number): number {
    return this.#numbers[index]!;
  }
}
