/** Lets a process of a page believe that the machine has one core: pages run side by side, and threads cost more than they save. */
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";

os.availableParallelism = () => 1;
syncBuiltinESMExports();
