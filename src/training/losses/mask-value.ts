/** The score of a masked text: its exponential is 0, and any other score is larger. */
export const maskValue = -1e9;
