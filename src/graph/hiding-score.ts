/**
 * What scores of hidden keys lose. Large enough for the exponential of its negative to be zero; finite, so that a row in
 * which all keys are hidden is no NaN.
 */
export const hidingScore = 1e9;
