/** Operators of Python, and the parts of TensorFlow that only compute. */
const COMPUTING = /^(?:__operators__|math|nn|linalg|compat\.v1\.(?:math|nn))\.[a-z0-9_]+$/
const PLAIN: ReadonlySet<string> = new Set(
  (
    'argmax argmin broadcast_to cast clip_by_value concat constant convert_to_tensor cumsum einsum expand_dims eye fill ' +
    'gather gather_nd identity image.resize linspace matmul maximum minimum norm one_hot ones ones_like pad range rank ' +
    'repeat reshape reverse roll round scatter_nd shape slice sort split squeeze stack stop_gradient strided_slice ' +
    'tensor_scatter_nd_update tile transpose unstack where zeros zeros_like compat.v1.shape compat.v1.transpose ' +
    'compat.v1.gather compat.v1.squeeze compat.v1.size size'
  ).split(' '),
)

/** Whether a symbol that a TFOpLambda names is one that only computes: no file, no process, no function of its own. */
export function isPlainSymbol(name: string): boolean {
  return COMPUTING.test(name) || PLAIN.has(name)
}
