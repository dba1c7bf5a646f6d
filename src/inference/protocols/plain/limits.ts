/** Text that is read into rows at once; larger tables go in several requests, and keep no other one waiting. */
export const MAX_TABLE_BYTES: number = 16 * 2 ** 20
/** Rows of a request: they run as one batch. */
export const MAX_ROWS = 10_000
/** Values of a request, over all rows: 32 MB of tensors. */
export const MAX_VALUES = 4_000_000
/** Lists and records in JSON: one for each row, and some around them. An empty one takes 20 times its text. */
export const MAX_LISTS = 65_536
/** Records are flat; tensors in JSON belong to the Open Inference Protocol. */
export const MAX_JSON_DEPTH = 16
/** Parts of a form: one file and some fields beside it. */
export const MAX_FORM_PARTS = 64
/** Images of a request: each is decoded, which is slower than most models. */
export const MAX_IMAGES = 64
