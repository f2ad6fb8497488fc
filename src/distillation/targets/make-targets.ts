/** The two walks over the sentences: over the first to fit the projection, over all to make their targets. */
import { yieldToEventLoop } from "../../common/yielder.ts";
import type { VectorFile } from "../../training/data/vector-file.ts";
import { Covariance } from "../projection/covariance.ts";
import { fitProjection, type Projection } from "../projection/projection.ts";
import { Projector } from "../projection/projector.ts";
import { windowSize } from "../teacher/pieces.ts";
import { inWindows } from "./windows.ts";

/** The teachers' embeddings [rows, teacherDimension] of sentences. */
export type Embed = (rows: Uint32Array, signal: AbortSignal) => Promise<Float32Array>;

/** A walk over sentences: their rows in order, and what embeds them. */
export interface Walk {
  readonly rows: Uint32Array;
  readonly embed: Embed;
  readonly signal: AbortSignal;
}

/** Rows that are added to a covariance between two yields to the event loop. */
const rowsBetweenYields = 64;

/** The rows that are embedded to fit the projection to the first `count` of all: whole windows, as later. */
export function rowsForFit(rows: Uint32Array, count: number): Uint32Array {
  return rows.subarray(0, Math.ceil(count / windowSize) * windowSize);
}

/**
 * @param count the number of rows, of those of `rowsForFit`, that the projection is fitted to
 * @throws what `embed` throws; the signal's reason
 */
export async function fitToSentences(
  { rows, embed, signal }: Walk,
  count: number,
  teacherDimension: number,
  dimension: number,
): Promise<Projection> {
  const covariance = new Covariance(teacherDimension);
  let left = count * teacherDimension;
  await inWindows(
    rows.length,
    signal,
    (start, end, signal) => embed(rows.subarray(start, end), signal),
    async (window) => {
      const embeddings = window.subarray(0, left);
      left -= embeddings.length;
      const step = rowsBetweenYields * teacherDimension;
      for (let at = 0; at < embeddings.length; at += step) {
        covariance.add(embeddings.subarray(at, at + step));
        await yieldToEventLoop();
      }
    },
  );
  return fitProjection(covariance, dimension, signal);
}

/**
 * The projection, turned to the student's space.
 *
 * @param student its embeddings [rows, dimension] of the walk's sentences
 * @throws what `embed` throws; the signal's reason
 */
export async function alignToStudent(
  { rows, embed, signal }: Walk,
  projection: Projection,
  student: Float32Array,
): Promise<Projection> {
  // Few runs need it, and ml-matrix with it.
  const { alignProjection } = await import("../projection/align-projection.ts");
  const projector = await Projector.create(projection);
  try {
    const targets = await projector.project(await embed(rows, signal));
    return await alignProjection(projection, targets, student, signal);
  } finally {
    await projector.dispose();
  }
}

/** @throws what `embed` throws; HpdError `invalid_argument` for a full disk, `runtime`; the signal's reason */
export async function writeTargets(
  { rows, embed, signal }: Walk,
  projection: Projection,
  file: VectorFile,
): Promise<void> {
  const projector = await Projector.create(projection);
  try {
    await inWindows(
      rows.length,
      signal,
      async (start, end, signal) => projector.project(await embed(rows.subarray(start, end), signal)),
      (targets) => file.append(targets),
    );
    await file.flush();
  } finally {
    await projector.dispose();
  }
}
