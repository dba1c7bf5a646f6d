/** How far apart, in elements of C order, neighbours along each axis are. */
export function stridesOf(shape: readonly number[]): readonly number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis]!
  }
  return strides
}

/**
 * For each element of a tensor of `shape`, in C order, `first` plus its index along each axis times that axis' stride.
 *
 *   [2, 3], strides [1, 2]    -> 0 2 4 1 3 5, a transposed [3, 2]
 *   [2, 3], strides [0, 1]    -> 0 1 2 0 1 2, a row that is repeated
 */
export function walk(shape: readonly number[], strides: readonly number[], first = 0): readonly number[] {
  let at: number[] = shape.includes(0) ? [] : [first]
  for (const [axis, size] of shape.entries()) {
    const stride = strides[axis]!
    at = at.flatMap(from => Array.from({ length: size }, (_, i) => from + i * stride))
  }
  return at
}

/** Where each element of a tensor of `to` comes from in a tensor of `from` that is broadcast to it. */
export function broadcastFrom(from: readonly number[], to: readonly number[]): readonly number[] {
  const strides = stridesOf(from)
  const skipped = to.length - from.length
  return walk(
    to,
    to.map((_, axis) => (axis < skipped || from[axis - skipped] === 1 ? 0 : strides[axis - skipped]!)),
  )
}
