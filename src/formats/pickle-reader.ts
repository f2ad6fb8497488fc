/** The bytes of a pickle, read from start to end: the arguments of its opcodes, each checked to lie inside. */
import { HpdError } from "../errors.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class PickleReader {
  /** The name of the file, for messages. */
  readonly file: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(file: string, bytes: Uint8Array) {
    this.file = file;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Offset of the next byte. */
  get at(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** Reads a length: one beyond the pickle is refused. */
  uint64(): number {
    const value = this.#view.getBigUint64(this.#take(8), true);
    if (value > BigInt(this.#bytes.length)) throw this.corrupt(`${value} bytes expected, ${this.remaining} left`);
    return Number(value);
  }

  /** Reads a big-endian float64. */
  float64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  /** Reads a little-endian two's complement integer; a bigint beyond 2^53. */
  integer(length: number): number | bigint {
    if (length > 8) throw this.unsupported(`an integer of ${length} bytes`);
    let value = 0n;
    for (const byte of this.bytes(length).reverse()) value = (value << 8n) | BigInt(byte);
    value = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  /** Reads a copy of `length` bytes. */
  bytes(length: number): Uint8Array {
    return this.#bytes.slice(this.#take(length), this.#at);
  }

  /** Reads `length` bytes of UTF-8. */
  text(length: number): string {
    const start = this.#take(length);
    try {
      return utf8.decode(this.#bytes.subarray(start, this.#at));
    } catch {
      throw this.corrupt("a string is not UTF-8");
    }
  }

  /** Reads up to the next line feed, which is skipped. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.corrupt("a line has no end");
    const content = this.text(end - this.#at);
    this.#at++;
    return content;
  }

  /** An error `corrupt_file` that names the file and the position. */
  corrupt(problem: string): HpdError {
    return new HpdError("corrupt_file", `${this.file}: its pickle is damaged at byte ${this.#at}: ${problem}`);
  }

  /** An error `unsupported` that names the file. */
  unsupported(what: string): HpdError {
    return new HpdError("unsupported", `${this.file}: its pickle has ${what}`);
  }

  /** Moves past `length` bytes and returns where they begin. */
  #take(length: number): number {
    if (length > this.remaining) throw this.corrupt(`${length} bytes expected, ${this.remaining} left`);
    this.#at += length;
    return this.#at - length;
  }
}
