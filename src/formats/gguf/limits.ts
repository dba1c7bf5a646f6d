import { failuresOf } from '../errors.ts'

/** The specification's own: keys are names of at most 2^16 − 1 bytes. */
export const MAX_KEY_BYTES = 65_535
/** ggml itself takes 63; other writers have longer ones. */
export const MAX_NAME_BYTES = 4096
/** Real files have some fifty entries; files that list their sources have some hundreds. */
export const MAX_ENTRIES = 65_536
/** The largest mixtures of experts have some ten thousand tensors in all their parts. */
export const MAX_TENSORS = 200_000
/** ggml has four. */
export const MAX_DIMENSIONS = 8
/** Entries and tensor infos together; a vocabulary of 256,000 tokens with its merges takes some 15 MB. */
export const MAX_HEADER_BYTES: number = 256 * 1024 * 1024
/** A string is kept up to here: the longest chat templates have some 30 KB, embedded tokenizers are cut. */
export const MAX_STRING_BYTES: number = 1024 * 1024
/** All strings that are kept of a file. */
export const MAX_KEPT_BYTES: number = 32 * 1024 * 1024
/** Longer arrays (vocabularies, scores) are told by their length and first elements. */
export const MAX_ARRAY_KEPT = 64
export const ARRAY_SHOWN = 4
/** No known key has arrays of arrays at all. */
export const MAX_ARRAY_DEPTH = 4
/** Arrays in arrays are walked one by one. */
export const MAX_ARRAYS = 100_000
/** A tensor's start is aligned to this at most: 64 KiB pages, with room. */
export const MAX_ALIGNMENT: number = 1024 * 1024
/** `split.count` has 16 bits; nobody splits a model into more. */
export const MAX_PARTS = 10_000

export const fail = failuresOf(
  'GGUF',
  'Fetch the file again, or convert the model again with a current llama.cpp.',
)
