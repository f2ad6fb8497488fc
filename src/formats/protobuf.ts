/** Writes protobuf's wire format. Source: https://protobuf.dev/programming-guides/encoding */

/** Fields in their order, each with its number. */
export type Message = readonly (readonly [field: number, value: FieldValue])[];

/** An integer, or what has a length. */
export type FieldValue = number | Float | string | Uint8Array | Message;

/** A number that is written as a float of 32 bits. */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export function encodeMessage(message: Message): Uint8Array {
  const writer = new Writer();
  writer.message(message);
  return writer.bytes;
}

const wireType = { varint: 0, length: 2, fixed32: 5 };

/** Writes from the end to the beginning: a length, which stands before what has it, is known by then. */
class Writer {
  /** Filled from its end. */
  #buffer = new Uint8Array(1 << 14);
  #length = 0;

  get bytes(): Uint8Array {
    return this.#buffer.slice(this.#buffer.length - this.#length);
  }

  message(fields: Message): void {
    for (let at = fields.length - 1; at >= 0; at--) {
      const [field, value] = fields[at]!;
      this.#varint((field << 3) | this.#value(value));
    }
  }

  /** @returns its wire type */
  #value(value: FieldValue): number {
    if (typeof value === "number") {
      this.#varint(value);
      return wireType.varint;
    }
    if (value instanceof Float) {
      const at = this.#reserve(4);
      new DataView(this.#buffer.buffer).setFloat32(at, value.value, true);
      return wireType.fixed32;
    }
    const before = this.#length;
    if (typeof value === "string") this.#text(value);
    else if (value instanceof Uint8Array) this.#bytes(value);
    else this.message(value);
    this.#varint(this.#length - before);
    return wireType.length;
  }

  /** Names are short and of ASCII: faster than by an encoder. */
  #text(text: string): void {
    const at = this.#reserve(text.length);
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) {
        this.#length -= text.length;
        this.#bytes(new TextEncoder().encode(text));
        return;
      }
      this.#buffer[at + index] = code;
    }
  }

  #bytes(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#buffer.set(bytes, at);
  }

  /** Seven bits a byte, the lowest first; a negative number as the 64-bit two's complement. */
  #varint(value: number): void {
    if (value < 0) {
      this.#byte(1);
      for (let group = 8; group >= 0; group--) this.#byte((Math.floor(value / 0x80 ** group) & 0x7f) | 0x80);
    } else if (value < 0x80) this.#byte(value);
    else {
      this.#varint(Math.floor(value / 0x80));
      this.#byte((value & 0x7f) | 0x80);
    }
  }

  #byte(byte: number): void {
    const at = this.#reserve(1);
    this.#buffer[at] = byte;
  }

  /** @returns where as many bytes begin that the caller writes */
  #reserve(count: number): number {
    this.#length += count;
    if (this.#length > this.#buffer.length) {
      const before = this.#buffer;
      this.#buffer = new Uint8Array(Math.max(2 * before.length, this.#length));
      this.#buffer.set(before, this.#buffer.length - before.length);
    }
    return this.#buffer.length - this.#length;
  }
}
