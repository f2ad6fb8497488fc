/** A typed array that grows, in little more memory than its elements need. */
export class GrowingArray<Numbers extends Float32Array | Float64Array | Uint32Array> {
  #numbers: Numbers;
  #length = 0;
  readonly #make: (length: number) => Numbers;

  /** @param make allocates an array of a length */
  constructor(make: (length: number) => Numbers) {
    this.#make = make;
    this.#numbers = make(1024);
  }

  get length(): number {
    return this.#length;
  }

  push(number: number): void {
    if (this.#length === this.#numbers.length) {
      // Less than double: while both arrays exist, doubling would take three times the memory needed.
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
