/**
 * Bytes whose buffer isn't shared, as WebGL and WebAssembly ask for: a Uint8Array of an ArrayBuffer, written so that
 * TypeScript before 5.7, where it has no type parameter, can read the declarations of this package.
 */
export type OwnBytes = ReturnType<typeof Uint8Array.of>;
