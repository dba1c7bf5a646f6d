import { type Failing, failing } from '../errors.ts'
import type { WireFailures } from '../protobuf/wire.ts'

/** Graphs within graphs: the branches of If, the bodies of Loop. Real models nest a handful. */
export const MAX_DEPTH = 100
/** Names and domains. The longest that exporters write (paths through a module tree) have a few hundred characters. */
export const MAX_STRING_BYTES = 64 * 1024
/** A value of metadata_props: scikit-learn and Ultralytics put JSON there. */
export const MAX_METADATA_BYTES = 1024 * 1024
export const MAX_METADATA = 1000
/** A large mixture of experts has some 50,000 tensors; each costs about 200 bytes here. */
export const MAX_INITIALIZERS = 200_000
/** Bodies of If and Loop among them; each costs some 500 bytes. */
export const MAX_GRAPHS = 100_000
/** Over all graphs. The largest language models have some 20,000; an unrolled recurrent network some 100,000. */
export const MAX_NODES = 500_000
/** Over all nodes: four a node. */
export const MAX_ATTRIBUTES = 2_000_000
/** All names and texts that are kept of one file. A language model's have some 10 MB. */
export const MAX_HELD_BYTES = 256 * 1024 * 1024
/** Keys of one tensor's external_data; onnx knows five. */
export const MAX_EXTERNAL_ENTRIES = 100
/** Functions, training graphs or device configurations of one model; torch's exporter writes some hundreds of functions. */
export const MAX_PARTS = 20_000
/** Values of a list attribute that a description shows; tree ensembles have millions of them. */
export const MAX_INLINE = 16
/** Bytes of a text attribute that a description shows. */
export const MAX_INLINE_TEXT = 1024
/** One element of a text tensor: a vocabulary's entry has some dozen bytes, an embedded program some megabytes. */
export const MAX_ELEMENT_TEXT = 16 * 1024 * 1024
/** Inputs or outputs of one graph; a cache of keys and values has some hundreds. */
export const MAX_VALUES = 100_000
/** Different ones; ONNX and its usual extensions define some 500. */
export const MAX_OPERATORS = 10_000
/** ONNX states no limit; runtimes stop far below. */
export const MAX_RANK = 64

export const malformed: Failing = named(
  failing('ONNX_MALFORMED', 'Export the model again, and check it with onnx.checker.'),
)
export const overLimit: Failing = named(
  failing('ONNX_LIMIT', 'No real model needs as much; check where the file comes from.'),
)
export const truncated: Failing = named(
  failing('ONNX_TRUNCATED', 'The file is truncated: fetch or export it again.'),
)

export const wireFailures: WireFailures = { malformed, overLimit, truncated }

/** Messages name the format: `ONNX: model.onnx, byte 19: field 7 needs 12 bytes …`. */
function named(make: Failing): Failing {
  return (message, init) => make(`ONNX: ${message}`, init)
}
