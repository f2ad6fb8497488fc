/**
 * The two products of a logistic regression, points with parameters and with errors, in double precision by WebAssembly.
 * Points are copied in blocks that stay in the processor's cache while all classes go over them.
 */
import type { Embeddings } from "../../tensor/embeddings.ts";
import { sequence } from "../../wasm/code.ts";
import { forEach } from "../../wasm/for-each.ts";
import { f64x2, local, v128 } from "../../wasm/instructions.ts";
import { type WasmFunction, wasmFunction, wasmModule } from "../../wasm/module.ts";

/** Rows and columns of a product that are summed at once: what is loaded serves several sums. */
const tile = 4;
const numberBytes = 8;
/** Size of a block of points and their scores that fits in the processor's second-level cache. */
const blockBytes = 256 * 1024;
const pageBytes = 65_536;
const mostPages = 65_536;

/** Addresses in bytes. */
type Product = (left: number, leftEnd: number, right: number, rightEnd: number, target: number) => void;

export class ProductKernel {
  readonly classes: number;
  /** Columns of all matrices: the classes, and zeros. */
  readonly columns: number;
  /** `[width, columns]`: a row of weights for each dimension, then the biases, then zeros. */
  readonly parameters: Float64Array;
  /** `[width, columns]`, as the parameters. */
  readonly gradient: Float64Array;
  /** `[pointsAtOnce, width]`: the numbers of a point, a 1 for the biases, and zeros. */
  readonly #points: Float64Array;
  /** `[pointsAtOnce, columns]` */
  readonly #scores: Float64Array;
  readonly #width: number;
  readonly #score: Product;
  readonly #addGradient: Product;

  constructor(dimension: number, classes: number) {
    const width = roundUp(dimension + 1);
    // An odd number of tiles: rows a power of two apart would take each other's place in the cache.
    const columns = roundUp(classes) + (roundUp(classes) % (2 * tile) === 0 ? tile : 0);
    const pointsAtOnce = roundUp(blockBytes / numberBytes / (width + columns));
    const total = 2 * width * columns + pointsAtOnce * (width + columns);
    const pages = Math.ceil((total * numberBytes) / pageBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    let used = 0;
    const room = (length: number): Float64Array => {
      used += length * numberBytes;
      return new Float64Array(memory.buffer, used - length * numberBytes, length);
    };
    this.classes = classes;
    this.columns = columns;
    this.parameters = room(width * columns);
    this.gradient = room(width * columns);
    this.#points = room(pointsAtOnce * width);
    this.#scores = room(pointsAtOnce * columns);
    this.#width = width;
    for (let at = dimension; at < this.#points.length; at += width) this.#points[at] = 1;
    const { exports } = new WebAssembly.Instance(compiled(width, columns), { env: { memory } });
    const { score, addGradient } = exports as Record<string, Product>;
    this.#score = score!;
    this.#addGradient = addGradient!;
  }

  /**
   * Scores blocks of points one after the other.
   *
   * @yields the range of the points that are loaded, with their scores
   */
  *scoreBlocks({ data, count, dimension }: Embeddings): Generator<{ start: number; end: number }> {
    const pointsAtOnce = this.#points.length / this.#width;
    for (let start = 0; start < count; start += pointsAtOnce) {
      const end = Math.min(start + pointsAtOnce, count);
      for (let point = start; point < end; point++) {
        const at = point * dimension;
        this.#points.set(data.subarray(at, at + dimension), (point - start) * this.#width);
      }
      this.#scores.fill(0);
      this.#multiply(this.#score, roundUp(end - start) * this.#width, this.parameters, this.#width, this.#scores);
      yield { start, end };
    }
  }

  /** The scores of one of the loaded points, to be overwritten by its errors: `[classes]`. */
  scoresOf(index: number): Float64Array {
    return this.#scores.subarray(index * this.columns, index * this.columns + this.classes);
  }

  /** Adds the products of the first `count` loaded points with their errors. */
  addGradient(count: number): void {
    this.#multiply(this.#addGradient, this.#width, this.#scores, count, this.gradient);
  }

  /** @param length from the first of the left numbers to the end of those that begin a row */
  #multiply(product: Product, length: number, right: Float64Array, terms: number, target: Float64Array): void {
    const left = this.#points.byteOffset;
    for (let column = 0; column < this.classes; column += tile) {
      const [from, to] = [right, target].map(({ byteOffset }) => byteOffset + column * numberBytes);
      product(left, left + length * numberBytes, from!, from! + terms * this.columns * numberBytes, to!);
    }
  }
}

function roundUp(count: number): number {
  return tile * Math.ceil(count / tile);
}

/** Compiled modules, kept because compiling one takes as long as a small fit. */
const modules = new Map<string, WebAssembly.Module>();

function compiled(width: number, columns: number): WebAssembly.Module {
  const key = `${width} ${columns}`;
  let module = modules.get(key);
  if (module === undefined) {
    const [widthBytes, columnsBytes] = [width * numberBytes, columns * numberBytes];
    const functions = [
      productFunction("score", widthBytes, numberBytes, columnsBytes),
      productFunction("addGradient", numberBytes, widthBytes, columnsBytes),
    ];
    module = new WebAssembly.Module(wasmModule(functions, mostPages, false));
    modules.set(key, module);
  }
  return module;
}

const { get, set } = local;

/**
 * Adds the product of two matrices to four columns of a third one, four rows at a time.
 *
 * @param rowBytes from one row of the left matrix to the next
 * @param termBytes from one column of the left matrix to the next
 * @param columnsBytes from one row of the other matrices to the next
 */
function productFunction(name: string, rowBytes: number, termBytes: number, columnsBytes: number): WasmFunction {
  return wasmFunction({
    name,
    parameters: { left: "i32", leftEnd: "i32", right: "i32", rightEnd: "i32", target: "i32" } as const,
    locals: {
      ...({ sums: ["v128", "v128", "v128", "v128", "v128", "v128", "v128", "v128"], four: ["v128", "v128"] } as const),
      ...({ one: "v128", term: "i32", factors: "i32" } as const),
    },
    result: "nothing",
    body({ left, leftEnd, right, rightEnd, target, sums, four, one, term, factors }) {
      // Two sums, each of two columns, for each of the four rows.
      const offset = (at: number) => (at >> 1) * columnsBytes + (at & 1) * 16;
      const load = sums.map((sum, at) => set(sum, v128.load(get(target), offset(at))));
      const store = sums.map((sum, at) => v128.store(get(target), get(sum), offset(at)));
      const addProducts = sums.flatMap((sum, at) => [
        ...(at % 2 === 0 ? [set(one, v128.load64_splat(get(term), (at / 2) * rowBytes))] : []),
        set(sum, f64x2.add(get(sum), f64x2.mul(get(one), get(four[at % 2]!)))),
      ]);
      const loadFour = four.map((half, at) => set(half, v128.load(get(factors), at * 16)));
      const sumProducts = forEach(
        [
          [factors, columnsBytes],
          [term, termBytes],
        ],
        rightEnd,
        sequence([...loadFour, ...addProducts]),
      );
      return forEach(
        [
          [left, tile * rowBytes],
          [target, tile * columnsBytes],
        ],
        leftEnd,
        sequence([...load, set(term, get(left)), set(factors, get(right)), sumProducts, ...store]),
      );
    },
  });
}
