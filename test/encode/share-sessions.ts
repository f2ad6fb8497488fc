/**
 * Puts `shared-runtime.ts` in the place of the runtime, for tests that load a model with each of many settings, most of which
 * leave the network as it is. What imports this has to import the library by `await import`.
 */
import { registerHooks } from "node:module";

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === "#runtime" ? new URL("shared-runtime.ts", import.meta.url).href : specifier, context),
});
