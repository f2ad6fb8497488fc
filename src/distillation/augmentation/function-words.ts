/**
 * English words of grammar. WordNet has no entries for them, only for what is written alike: `in` is the inch there,
 * `he` helium, `are` a hundred square metres.
 */
export const functionWords: ReadonlySet<string> = new Set(
  `a about above across after against all along although am amid among an and another any are around as at be because
  been before behind being below beneath beside between beyond both but by can could did do does doing done down during
  each either else enough ere even ever every few for from had has have having he her here hers him his how i if in inside
  into is it its just less lest like little lot many may me might mine more most much must my near neither never next no
  none nor not of off on once one only onto opposite or other others ought our ours out outside over own past per plus
  quite rather round same shall she should since so some still such than that the thee their theirs them then there these
  they this those thou though through throughout thus till to too toward towards two under unless until unto up upon us
  very via was we well were what when where whereas whether which while who whom whose why will with within without would
  yet you your yours`.split(/\s+/),
);
