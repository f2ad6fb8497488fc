/** The name of the model that comes with this package: see docs/default-model.md. */
export const defaultModelName = "HPD-MiniLM-L3-F256";
