/**
 * Several teachers as one: their embeddings, each of length 1, side by side and scaled by the square roots of their
 * parts of the weight. So the cosine of two sentences is the mean of the teachers' cosines with these weights, and the
 * length is 1 again.
 */
import { createHash } from "node:crypto";
import { HpdError } from "../../errors.ts";
import { CachedTeacher } from "./cached-teacher.ts";
import type { TeacherCachePrecision, TeacherOpening, TeacherOptions } from "./teacher-options.ts";

export class Teachers {
  readonly #teachers: readonly CachedTeacher[];
  /** Square roots of the parts. */
  readonly #scales: readonly number[];
  readonly dimension: number;
  readonly fingerprint: string;

  private constructor(teachers: readonly CachedTeacher[], parts: readonly number[], precision: TeacherCachePrecision) {
    this.#teachers = teachers;
    this.#scales = parts.map(Math.sqrt);
    this.dimension = teachers.reduce((sum, { dimension }) => sum + dimension, 0);
    const hash = createHash("sha256").update(`${precision}\n`);
    for (const [index, { fingerprint }] of teachers.entries()) hash.update(`${fingerprint} ${parts[index]}\n`);
    this.fingerprint = hash.digest("hex");
  }

  /**
   * @throws HpdError `invalid_argument` for no teachers or a weight that isn't positive; as `CachedTeacher.open` does
   */
  static async open(options: readonly TeacherOptions[], opening: TeacherOpening): Promise<Teachers> {
    if (options.length === 0) throw new HpdError("invalid_argument", "there should be a teacher, got none");
    const weights = options.map(({ model, weight = 1 }) => {
      if (weight > 0 && Number.isFinite(weight)) return weight;
      throw new HpdError("invalid_argument", `the weight of ${model} should be a positive number, got ${weight}`);
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const teachers: CachedTeacher[] = [];
    try {
      for (const one of options) teachers.push(await CachedTeacher.open(one, opening));
    } catch (error) {
      for (const teacher of teachers) await teacher.dispose();
      throw error;
    }
    return new Teachers(
      teachers,
      weights.map((weight) => weight / total),
      opening.precision,
    );
  }

  /**
   * @param onDone called with the number of further texts, fractions of them for one of several teachers
   * @returns [texts, dimension]
   * @throws HpdError as `CachedTeacher.embed` does
   */
  async embed(
    texts: readonly string[],
    signal: AbortSignal,
    onDone: (count: number) => void = () => {},
  ): Promise<Float32Array> {
    const [only, another] = this.#teachers as [CachedTeacher, CachedTeacher?];
    if (another === undefined) return only.embed(texts, signal, onDone);
    const onPart = (count: number) => onDone(count / this.#teachers.length);
    const together = new Float32Array(texts.length * this.dimension);
    let start = 0;
    for (const [index, teacher] of this.#teachers.entries()) {
      const embeddings = await teacher.embed(texts, signal, onPart);
      const scale = this.#scales[index]!;
      for (let row = 0; row < texts.length; row++) {
        const from = row * teacher.dimension;
        const to = row * this.dimension + start;
        for (let i = 0; i < teacher.dimension; i++) together[to + i] = scale * embeddings[from + i]!;
      }
      start += teacher.dimension;
    }
    return together;
  }

  /** Those texts that `embed` would have to compute, for one teacher or more. */
  missing(texts: readonly string[]): string[] {
    return texts.filter((text) => !this.#teachers.every((teacher) => teacher.has(text)));
  }

  async dispose(): Promise<void> {
    for (const teacher of this.#teachers) await teacher.dispose();
  }
}
