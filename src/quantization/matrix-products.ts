/** Products of matrices that a quantization needs beside those of the model, computed by the runtime. */
import { createSession } from "#runtime";
import { input } from "../graph/build.ts";
import { matmul } from "../graph/build-differentiable.ts";
import { compileForInference } from "../graph/lower-inference.ts";
import type { Session } from "../runtime/session.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface Matrix {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** Owns sessions: `dispose` it. */
export class MatrixProducts implements AsyncDisposable {
  readonly #gram: Session;
  readonly #product: Session;

  private constructor(gram: Session, product: Session) {
    this.#gram = gram;
    this.#product = product;
  }

  static async open(): Promise<MatrixProducts> {
    const x = input("x", "float32", ["tokens", "sequence"]);
    const y = input("y", "float32", ["batch", "sequence"]);
    const [gram, product] = await Promise.all(
      [matmul(x, x, { transposeA: true }), matmul(x, y, { transposeB: true })].map((node) =>
        createSession(compileForInference({ product: node }, "fp32"), { workers: 0 }),
      ),
    );
    return new MatrixProducts(gram!, product!);
  }

  /** x^T x: [columns, columns]. The matrix is not to be used afterwards. */
  async gram(x: Matrix): Promise<Float32Array> {
    return resultOf(await this.#gram.run({ x: tensorOf(x) }));
  }

  /** x y^T: [x's rows, y's rows]. Neither matrix is to be used afterwards. */
  async product(x: Matrix, y: Matrix): Promise<Float32Array> {
    return resultOf(await this.#product.run({ x: tensorOf(x), y: tensorOf(y) }));
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#gram.dispose(), this.#product.dispose()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

function tensorOf({ data, rows, columns }: Matrix): Tensor<"float32"> {
  return { dtype: "float32", shape: [rows, columns], data };
}

function resultOf({ product }: Readonly<Record<string, Tensor>>): Float32Array {
  return (product as Tensor<"float32">).data;
}
