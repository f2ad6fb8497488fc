/** Seeded random embeddings of length 1 around centers, as embeddings of texts are. */
import { Random } from "../../src/random.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

export function pointsAroundCenters(
  count: number,
  dimension: number,
  { centers, seed }: { centers: number; seed: number },
): Embeddings {
  const random = new Random(seed);
  const draw = () => random.nextFloat() + random.nextFloat() + random.nextFloat() - 1.5;
  const middles = Float32Array.from({ length: centers * dimension }, draw);
  const points = new Embeddings(new Float32Array(count * dimension), count, dimension);
  for (const row of points) {
    const center = random.nextInteger(centers) * dimension;
    let squares = 0;
    for (let i = 0; i < dimension; i++) {
      row[i] = middles[center + i]! + draw();
      squares += row[i]! ** 2;
    }
    for (let i = 0; i < dimension; i++) row[i]! /= Math.sqrt(squares);
  }
  return points;
}
