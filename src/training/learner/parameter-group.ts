/** How AdamW treats a parameter: what PyTorch's optimizers hold by parameter group. */
export interface ParameterGroup {
  /** Whether weight decay applies. */
  readonly decays: boolean;
  /** Multiplier of the learning rate. */
  readonly rate: number;
}
