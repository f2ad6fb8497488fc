/** A queue, first in, first out: an array's own `shift` moves all that are behind. */
export class Fifo<T> {
  #items: T[] = [];
  #taken = 0;

  add(item: T): void {
    this.#items.push(item);
  }

  /** The first one; there has to be one. */
  take(): T {
    const item = this.#items[this.#taken++]!;
    if (this.#taken > 4096) {
      this.#items = this.#items.slice(this.#taken);
      this.#taken = 0;
    }
    return item;
  }
}
