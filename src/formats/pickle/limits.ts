import { failuresOf } from '../errors.ts'

export const fail = failuresOf(
  'pickle',
  'Write the file again with the library that made it, or fetch it again.',
)

/** A vocabulary of three million words takes some 45 million; this runs for a few seconds. */
export const MAX_OPCODES = 100_000_000

/** What all nodes of a run may take, as estimated: a forest of 1,000 trees takes some 30 MB, a million words 400 MB. */
export const MAX_NODE_BYTES: number = 1024 * 1024 * 1024

/** Opcodes whose places are kept for traces: 9 bytes each. */
export const MAX_TRACED = 8_000_000

/** Opcodes that a trace tells. */
export const TRACE_LENGTH = 10

/** Objects on the stack: Python's pickler puts 1,000 there at once, but a tuple of any length as a whole. */
export const MAX_STACK = 16_000_000

/** Keys of the memo that count up from 0: protocols 0 to 3 give each text and object one. */
export const MAX_MEMO = 16_000_000

/** Keys that do not: no pickler writes such, but CPython reads them. */
export const MAX_SPARSE_MEMO = 1_000_000

/** Open MARKs: one a level of nesting; Python's pickler stops at its recursion limit of 1,000. */
export const MAX_MARKS = 1_000_000

/** Texts up to here are held whole; of longer ones the beginning. Parameters and names are far shorter. */
export const MAX_TEXT_BYTES: number = 64 * 1024

/** How much is held of a longer text. */
export const HELD_TEXT_BYTES = 1024

/** A module's or a class's name. */
export const MAX_NAME_BYTES: number = 16 * 1024

/** Decimal digits of an int: Python's own limit is 4,300, as converting takes the square of the length. */
export const MAX_DIGITS = 5000

/** Bytes of a binary int: the state of a random generator, the largest in use, takes 2,500. */
export const MAX_INT_BYTES: number = 16 * 1024

/** Shorter byte strings and texts hold no pickle that does something: the shortest call takes more. */
export const MIN_PAYLOAD_BYTES = 16

/** What `read` of one byte string brings into memory. */
export const MAX_READ_BYTES: number = 1024 * 1024 * 1024

/** Pickles one after another in one file: PyTorch's legacy form has five, a log of records thousands. */
export const MAX_PICKLES = 10_000

/** numpy's own limit is 64. */
export const MAX_DIMENSIONS = 64

/** Arrays of one file: a forest of 10,000 trees has two each. */
export const MAX_ARRAYS = 500_000

/** Fields of all records together, as the description tells them for each array. */
export const MAX_FIELDS_TOLD = 2_000_000

/** Objects whose classes are looked at for who made a file. */
export const MAX_OBJECTS = 100_000

/** All names of arrays together, in characters. */
export const MAX_NAMES: number = 64 * 1024 * 1024

/** Levels of objects, of which Python's pickler, at its recursion limit of 1,000, writes some 500. */
export const MAX_DEPTH = 1000

/** Texts of length 0 take no bytes, so nothing else bounds how many an array says it has. */
export const MAX_EMPTY_TEXTS = 1_000_000
