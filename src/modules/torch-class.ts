/**
 * The name of a class of torch.nn by its path, such as `torch.nn.modules.activation.Tanh`; undefined for any other
 * path.
 */
export function torchClass(path: unknown): string | undefined {
  return typeof path === "string" ? /^torch\.nn(?:\.\w+)*\.(\w+)$/.exec(path)?.[1] : undefined;
}
