/** Archives in archives, pickles in byte strings: real models have two or three levels. */
export const MAX_DEPTH = 8
/** Contents within contents, of one scan: a PyTorch file has an entry a tensor, some thousands. */
export const MAX_CONTENTS = 500_000
/** What is unpacked and decoded in one scan: the largest models that are published compressed have some 50 GB. */
export const MAX_EXPANDED: number = 128 * 2 ** 30
/** Findings that a report keeps of one file; the first say what is wrong with it. */
export const MAX_FINDINGS_OF_FILE = 200
/** Files of one folder. */
export const MAX_FILES = 100_000
/** What of a text is searched for secrets: the largest tokenizers and configurations have some 30 MB. */
export const MAX_TEXT_BYTES: number = 64 * 2 ** 20
/** JSON that is parsed as a whole: a tokenizer of 200,000 tokens has some 17 MB. */
export const MAX_JSON_BYTES: number = 64 * 2 ** 20
/** How much of the beginning is looked at to recognise content. */
export const HEAD_BYTES: number = 64 * 1024
/** What one file may unpack to whatever its size: some 20 seconds. */
export const MAX_EXPANDED_OF_SMALL: number = 4 * 2 ** 30
/** And for each of its bytes: weights are hardly ever compressed to less than a tenth. */
export const MAX_EXPANSION = 64
/** What one bomb counts for: after a few of them nothing more is unpacked, and the verdict is no other. */
export const BOMB_BYTES: number = 2 ** 30
/** What entries that share their bytes may unpack to: a few megabytes become petabytes so. */
export const MAX_OVERLAPPED: number = 2 ** 30
