/** The one shape in which long calls report how far they are. */

/**
 * Progress of a stage of a call. `done` reaches `total` at the end of the stage; a call with several stages reports them one
 * after the other.
 */
export interface Progress<Stage extends string = string, Total extends number | undefined = number | undefined> {
  /** The stage that the call is in. */
  readonly stage: Stage;
  /** Units of this stage that are finished: bytes, texts, files, as the call says. */
  readonly done: number;
  /** Units of this stage in all; undefined while that isn't known. */
  readonly total: Total;
}
