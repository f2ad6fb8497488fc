/** What a student's own graph gives, before it is saved. */
import { createSession } from "#runtime";
import { Encoder, textTokenizer } from "../../../src/encode/encoder.ts";
import { compileForInference } from "../../../src/graph/lower-inference.ts";
import { type Features, inputFeatures } from "../../../src/modules/features.ts";
import type { Student } from "../../../src/training/student/student.ts";

/** @returns [texts, dimension] */
export async function embedded(
  { modules, tokenizer, dimension }: Student,
  texts: readonly string[],
): Promise<Float32Array> {
  const features = modules.reduce<Features>((before, module) => module.build(before), inputFeatures());
  const session = await createSession(
    Promise.resolve(compileForInference({ sentence_embedding: features.sentence_embedding! }, "fp32")),
    { workers: 0 },
  );
  const embeddings = new Float32Array(texts.length * dimension);
  try {
    const inputs = ["input_ids", "attention_mask"];
    const encoder = new Encoder(textTokenizer(tokenizer), session, { inputs, allowsEmpty: false, arithmetic: "fp32" });
    await encoder.encode(texts, {
      prompt: "",
      promptLength: 0,
      maxLength: tokenizer.maxLength,
      signal: undefined,
      onBatch: ({ indices, output }) => {
        for (const [row, index] of indices.entries()) {
          embeddings.set(output.data.subarray(row * dimension, (row + 1) * dimension), index * dimension);
        }
      },
    });
  } finally {
    await session.dispose();
  }
  return embeddings;
}
