/** AdamW's settings of a parameter, which PyTorch's optimizers hold by parameter group. */
export interface ParameterGroup {
  /** Whether weight decay applies. */
  readonly decays: boolean;
  /** Multiplier of the learning rate. */
  readonly rate: number;
}
