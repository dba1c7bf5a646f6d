/** Of one file. The longest real ones that we know are a tenth of it. */
export const MAX_FILE_BYTES = 1_048_576
/** Of all files of one pipeline: counting their tokens alone takes a second for this much. */
export const MAX_TOTAL_BYTES = 4 * MAX_FILE_BYTES
/** Words and signs of all files. A file of 2,000 jobs has 130,000; a parser takes up to a kilobyte for each. */
export const MAX_TOKENS = 200_000
/** Words and signs of one entry: a parser holds them all at once. The longest real jobs have a hundredth. */
export const MAX_ENTRY_TOKENS = 50_000
/** GitLab's own limit; readers recurse. */
export const MAX_DEPTH = 100
/** Values of one file once its aliases are laid out. */
export const MAX_FILE_VALUES = 150_000
/** Values that merging, `extends` and `!reference` may write down, and that all jobs together may have in the end. */
export const MAX_VALUES = 500_000
/** Characters of all values of all jobs: every job's commands travel to a runner. */
export const MAX_CHARACTERS = 16 * 1_048_576

/** GitLab's limit of included files in one pipeline, the same file twice counted twice. */
export const MAX_INCLUDES = 150
/** No interface that anybody uses has more. */
export const MAX_INPUTS = 200
/** GitLab's limit. */
export const MAX_INPUT_OPTIONS = 50
/** GitLab's limit. */
export const MAX_EXTENDS_LEVELS = 11
/** GitLab's limit of lists in lists of a script, which is what nested references make. */
export const MAX_REFERENCE_LEVELS = 10

/** GitLab's limit of `$[[ … ]]` in one file. */
export const MAX_BLOCKS = 10_000
/** GitLab's limit, in bytes there. */
export const MAX_BLOCK_LENGTH = 1024
/** GitLab's limit. */
export const MAX_FUNCTIONS = 3
/** All that inputs write into one file: an input of a megabyte may stand in ten thousand places. */
export const MAX_INTERPOLATED = 4 * 1_048_576
