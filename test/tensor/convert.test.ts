import { expect, test } from "vitest";
import { toFloat32 } from "../../src/tensor/convert.ts";

/** A derivation of its own: the bits moved into float32's fields and rescaled by 2^112, exactly. */
function reference(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  const full = (bits & 0x7c00) === 0x7c00;
  view.setUint32(0, ((bits & 0x8000) << 16) | ((bits & 0x7fff) << 13) | (full ? 0x7f800000 : 0));
  return full ? view.getFloat32(0) : view.getFloat32(0) * 2 ** 112;
}

test("every float16", () => {
  const data = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  const wrong = [...toFloat32({ dtype: "float16", shape: [65_536], data })].filter(
    (value, bits) => !Object.is(value, reference(bits)),
  );
  expect(wrong).toEqual([]);
});

test("every bfloat16 is the upper half of a float32; float32 is not copied", () => {
  const data = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  const floats = toFloat32({ dtype: "bfloat16", shape: [65_536], data });
  const view = new DataView(new ArrayBuffer(4));
  data.forEach((bits) => {
    view.setUint16(0, bits);
    if (!Object.is(floats[bits], view.getFloat32(0))) expect.fail(`bits ${bits}`);
  });
  expect(toFloat32({ dtype: "float32", shape: [65_536], data: floats })).toBe(floats);
});
