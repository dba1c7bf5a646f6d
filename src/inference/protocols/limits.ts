/** A body's default limit: an image is some megabytes, a batch of 32 tensors of 224 × 224 × 3 floats 19 MB. */
export const MAX_BODY_BYTES: number = 64 * 2 ** 20
/** Inputs or outputs that one request may name; models have some. */
export const MAX_PORTS = 256
/** Axes of a shape; ONNX tensors have no more than a handful. */
export const MAX_RANK = 16
/** How deep `data` may nest its arrays: one for each axis. */
export const MAX_DEPTH: number = MAX_RANK + 1
/** Parameters and the like: whatever is not `data` is small. */
export const MAX_MEMBER_BYTES = 65_536
