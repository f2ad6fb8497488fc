/** What a score gets that is not to be compared: its exponential is 0, and any other is larger. */
export const hidden = -1e9;
