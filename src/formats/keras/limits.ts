/** Bytes of one model's JSON: the largest Keras applications have two megabytes. */
export const MAX_CONFIG_BYTES = 64 * 2 ** 20
/** Brackets within brackets of that JSON. Keras nests some eight for each model within a model. */
export const MAX_CONFIG_DEPTH = 256
/** Calls of layers in one file, models within models included. */
export const MAX_NODES = 100_000
/** Models within models. */
export const MAX_MODEL_DEPTH = 16
/** Tensors that one call of a layer takes: a concatenation of a thousand. */
export const MAX_CALL_INPUTS = 10_000
/** Hazards that are told of one config; after that it makes no difference. */
export const MAX_HAZARDS = 1_000
/** Attributes of one layer, texts and lists in them: longer ones are described. */
export const MAX_ATTRIBUTES = 100
export const MAX_ATTRIBUTE_TEXT = 500
export const MAX_ATTRIBUTE_ITEMS = 32
export const MAX_ATTRIBUTE_DEPTH = 5
/** Names in one attribute of weights; a layer has fewer than a thousand. */
export const MAX_WEIGHT_NAMES = 200_000
/** Pieces of an attribute that is split, as Keras splits those over 64 KB. */
export const MAX_PIECES = 10_000
/** Shards of one model. */
export const MAX_SHARDS = 1_000
/** A vocabulary beside the weights: a million words have ten megabytes. */
export const MAX_ASSET_BYTES = 256 * 2 ** 20
