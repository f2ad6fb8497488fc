/**
 * Seeded random numbers: the same on every machine. sfc32 of PractRand (Chris Doty-Humphrey), which passes its tests; the
 * seed is hashed with FNV-1a. Not for secrets.
 */
export interface Random {
  /** 0 to `end` - 1, each as likely. */
  integer(end: number): number;
}

/** @param seed any text: streams of different seeds have nothing to do with one another */
export function seededRandom(seed: string): Random {
  let hash = 2166136261;
  for (const byte of new TextEncoder().encode(seed)) hash = Math.imul(hash ^ byte, 16777619);
  let a = hash;
  let b = hash ^ 0x9e3779b9;
  let c = hash ^ 0x243f6a88;
  let counter = 1;
  const next = (): number => {
    const result = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
  for (let round = 0; round < 20; round++) next();
  return { integer: (end) => Math.floor((next() / 2 ** 32) * end) };
}
