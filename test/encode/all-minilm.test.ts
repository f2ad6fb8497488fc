/**
 * The real all-MiniLM-L6-v2 on 1,000 STS sentences, which are not in this repository: set HPD_TEST_MODELS to the folder
 * that holds the model and HPD_DATA to the one that holds `sts/`. See tools/gold/README.md for the gold file.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { type Embeddings, SentenceTransformer } from "../../src/index.ts";

const model = join(process.env.HPD_TEST_MODELS ?? "../shared/models", "all-MiniLM-L6-v2");
const data = join(process.env.HPD_DATA ?? "../shared/data", "sts/STSBenchmark/sts-dev.csv");
const missing = [model, data].filter((path) => !existsSync(path));
if (missing.length > 0)
  console.info(`skipped all-MiniLM-L6-v2 on 1,000 sentences: there is no ${missing.join(", no ")}`);

describe.skipIf(missing.length > 0)("all-MiniLM-L6-v2 on 1,000 sentences", () => {
  let fp32: Embeddings;
  let int8: Embeddings;
  const gold = JSON.parse(
    String(gunzipSync(readFileSync(new URL("../gold/models/all-MiniLM-L6-v2.json.gz", import.meta.url)))),
  );

  beforeAll(async () => {
    const sentences = readFileSync(data, "utf8")
      .split("\n")
      .filter((line, index) => line !== "" && index % 3 === 0)
      .flatMap((line) => line.split("\t").slice(5, 7))
      .slice(0, 1000);
    expect(createHash("sha256").update(sentences.join("\n")).digest("hex")).toBe(gold.sha256);
    for (const dtype of ["fp32", "int8"] as const) {
      await using loaded = await SentenceTransformer.load(model, { dtype });
      if (dtype === "fp32") fp32 = await loaded.encode(sentences);
      else int8 = await loaded.encode(sentences.slice(0, 200));
    }
  }, 120_000);

  test("fp32 differs from Python by at most 1e-5", () => {
    const first = floats(gold.first);
    const norm = floats(gold.norm);
    const signedSums = floats(gold.signedSums);
    let worst = 0;
    let worstSum = 0;
    for (let index = 0; index < fp32.count; index++) {
      const row = fp32.row(index);
      for (let i = 0; i < 16; i++) worst = Math.max(worst, Math.abs(row[i]! - first[index * 16 + i]!));
      worst = Math.max(worst, Math.abs(Math.hypot(...row) - norm[index]!));
      for (const [k, mask] of (gold.masks as number[]).entries()) {
        const sum = row.reduce((total, value, i) => total + (bitCount(i & mask) % 2 === 0 ? value : -value), 0);
        worstSum = Math.max(worstSum, Math.abs(sum - signedSums[index * 8 + k]!));
      }
    }
    expect(worst).toBeLessThan(1e-5);
    // A sum over 384 dimensions: an error of 1e-5 in a single one would show.
    expect(worstSum).toBeLessThan(1e-5);
  });

  test("int8 has a cosine of at least 0.99 to fp32 on average", () => {
    const cosines = [...int8].map((row, index) => row.reduce((sum, x, i) => sum + x * fp32.row(index)[i]!, 0));
    const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length;
    console.info(`int8 to fp32: cosine ${mean.toFixed(4)} on average, ${Math.min(...cosines).toFixed(4)} at worst`);
    expect(mean).toBeGreaterThan(0.99);
  });
});

function floats(base64: string): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(base64, "base64")).buffer);
}

function bitCount(value: number): number {
  return value === 0 ? 0 : (value & 1) + bitCount(value >>> 1);
}
