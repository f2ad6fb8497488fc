/** How numbers are learnt. */
export interface Learning {
  /** Whether they shrink by the weight decay. */
  readonly decays: boolean;
  /** What the learning rate is multiplied with. */
  readonly rate: number;
}
