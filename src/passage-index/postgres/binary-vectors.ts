/**
 * Vectors in PostgreSQL's binary form, in which numbers are transferred exactly and without being printed and parsed.
 * Source: `vector_recv` of pgvector (int16 dimension, int16 0, big-endian float32 numbers) and `array_recv` of
 * PostgreSQL (int32: dimensions, flags, element type, length, lower bound; then an int32 size before each element).
 */

/** One value of the type `vector`. */
export function binaryVector(embedding: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(4 + 4 * embedding.length);
  writeVector(bytes, 0, embedding);
  return bytes;
}

/** One value of the type `vector[]`. @param vectorType the object identifier of `vector`, specific to the database */
export function binaryVectorArray(embeddings: readonly Float32Array[], vectorType: number): Buffer {
  const sizes = embeddings.map((embedding) => 4 + 4 * embedding.length);
  const bytes = Buffer.allocUnsafe(20 + sizes.reduce((sum, size) => sum + 4 + size, 0));
  const lowerBound = 1;
  for (const [index, field] of [1, 0, vectorType, embeddings.length, lowerBound].entries()) {
    bytes.writeUInt32BE(field, 4 * index);
  }
  let offset = 20;
  for (const [index, embedding] of embeddings.entries()) {
    offset = bytes.writeInt32BE(sizes[index]!, offset);
    offset = writeVector(bytes, offset, embedding);
  }
  return bytes;
}

function writeVector(bytes: Buffer, offset: number, embedding: Float32Array): number {
  let end = bytes.writeUInt16BE(embedding.length, offset);
  end = bytes.writeUInt16BE(0, end);
  for (const value of embedding) end = bytes.writeFloatBE(value, end);
  return end;
}
