/**
 * Copies elements from Fortran order (first axis fastest) to C order (last axis fastest).
 * `size` is the bytes of one element.
 */
export function fortranToC(source: Uint8Array, shape: readonly number[], size: number): Uint8Array {
  const target = new Uint8Array(source.byteLength)
  const strides: number[] = []
  let stride = size
  for (const length of shape) {
    strides.push(stride)
    stride *= length
  }
  const index = new Array<number>(shape.length).fill(0)
  let from = 0
  for (let to = 0; to < target.byteLength; to += size) {
    for (let byte = 0; byte < size; byte++) target[to + byte] = source[from + byte]!
    // Counts up like an odometer, the last axis first, keeping `from` in step.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++
      from += strides[axis]!
      if (index[axis]! < shape[axis]!) break
      from -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return target
}
