/** Read before every test file, also of those that share a process: what it imports is read once in each. */
import "./equal-bytes.ts";
