/** TensorFlow's own limit on dimensions. */
export const MAX_RANK = 254
/** Names of tensors, nodes and functions, keys of attributes. Paths through a module tree have some hundred characters. */
export const MAX_NAME_BYTES = 16 * 1024
/** Tensors of one model: a large mixture of experts has some 50,000. */
export const MAX_TENSORS = 500_000
/** Parts that one text element may have: serialized object graphs of large models stand in such a tensor. */
export const MAX_TEXT_BYTES = 256 * 1024 * 1024
