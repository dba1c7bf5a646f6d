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
