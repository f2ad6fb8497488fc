/**
 * The value that is subtracted from the scores of masked keys. Large enough for the exponential of its negative to be
 * zero; finite, so that a row in which all keys are masked is no NaN.
 */
export const maskValue = 1e9;
