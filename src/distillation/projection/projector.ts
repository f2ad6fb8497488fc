/** Multiplies embeddings by the components of a projection: a graph of one linear map, in the runtime's threads. */
import { createSession } from "#runtime";
import { input, linear, parameter } from "../../graph/build.ts";
import { compileForInference } from "../../graph/lower-inference.ts";
import type { Session } from "../../runtime/session.ts";
import type { Projection } from "./projection.ts";

export class Projector {
  readonly #session: Session;
  readonly #teacherDimension: number;

  private constructor(session: Session, teacherDimension: number) {
    this.#session = session;
    this.#teacherDimension = teacherDimension;
  }

  static async create({
    components,
    dimension,
    teacherDimension,
  }: Pick<Projection, "components" | "dimension" | "teacherDimension">): Promise<Projector> {
    const embeddings = input("embeddings", "float32", ["batch", teacherDimension]);
    const tensor = { dtype: "float32", shape: [dimension, teacherDimension], data: components } as const;
    const targets = linear(embeddings, parameter("components", tensor));
    return new Projector(
      await createSession(compileForInference({ targets }, "fp32"), { workers: 1 }),
      teacherDimension,
    );
  }

  /**
   * @param embeddings [count, teacherDimension]: their buffer is moved, do not use it afterwards
   * @returns [count, dimension]
   */
  async project(embeddings: Float32Array): Promise<Float32Array> {
    const shape = [embeddings.length / this.#teacherDimension, this.#teacherDimension];
    const { targets } = await this.#session.run({ embeddings: { dtype: "float32", shape, data: embeddings } });
    return targets!.data as Float32Array;
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}
