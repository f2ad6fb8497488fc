/** An error in the command line: exit code 2, with a pointer to the help. */
export class UsageError extends Error {}
