/** A body's default limit: an image is some megabytes, a batch of 32 tensors of 224 × 224 × 3 floats 19 MB. */
export const MAX_BODY_BYTES: number = 64 * 2 ** 20
/** Inputs or outputs that one request may name; models have some. */
export const MAX_PORTS = 256
/** Axes of a shape; ONNX tensors have no more than a handful. */
export const MAX_RANK = 16
/** Characters of a name: those of large graphs have some hundred. */
export const MAX_NAME_LENGTH = 1024
/** Elements of texts and booleans in JSON, and of BYTES tensors: each is an object of its own in memory. */
export const MAX_TEXTS: number = 4 * 2 ** 20
/** How deep any JSON may nest: parsing it takes memory for each, and telling it the stack. */
export const MAX_JSON_DEPTH = 64
/** How deep `data` may nest its arrays: one for each axis. */
export const MAX_DEPTH: number = MAX_RANK + 1
/** Parameters and the like: whatever is not `data` is small. */
export const MAX_MEMBER_BYTES = 65_536
