/**
 * The version of this library, as the command line, cards of models and servers state it: that of package.json, which code in
 * somebody's bundle doesn't find.
 */
export const packageVersion = "0.1.0";
