/** What the model that comes with this package is called: docs/default-model.md says how it was made. */
export const defaultModelName = "HPD-MiniLM-L3-F128";
