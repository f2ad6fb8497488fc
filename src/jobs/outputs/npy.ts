/** numpy's file format, version 1.0. Source: `numpy.lib.format`. */
import type { ArrayFormat } from "./array-rows.ts";

const names = { float32: "<f4", float16: "<f2", int8: "|i1", uint8: "|u1" };

export const npy: ArrayFormat = {
  headerSize: 128,
  names,
  header({ count, dimension, dtype }) {
    const shape = `'descr': '${names[dtype]}', 'fortran_order': False, 'shape': (${count}, ${dimension}), `;
    const bytes = Buffer.alloc(128, " ");
    bytes.write("\u0093NUMPY\u0001\u0000", "latin1");
    bytes.writeUInt16LE(128 - 10, 8);
    bytes.write(`{${shape}}`, 10, "latin1");
    bytes.write("\n", 127, "latin1");
    return bytes;
  },
};
