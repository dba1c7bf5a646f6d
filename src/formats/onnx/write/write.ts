import { failing } from '../../errors.ts'
import type { ByteSink } from '../../ports.ts'
import { bytesField, lengthOf, type Part, textField, varintField } from '../../protobuf/encode.ts'
import { Externals } from './externals.ts'
import { encodeEntries, encodeFunction, encodeGraph } from './graph.ts'
import { writeParts } from './sink.ts'
import type { OnnxExternalSink, OnnxModel, OnnxWriteOptions, OnnxWritten } from './types.ts'

/** Above, tensors go to a file beside the model: parsers of protobuf stop at 2 GB, some of them earlier. */
export const MAX_INLINE_BYTES = 1_000_000_000
/** What parsers of protobuf take. */
export const MAX_MODEL_BYTES = 2 ** 31 - 1

const IR_VERSION = 10

const tooLarge = failing('FORMAT_LIMIT', 'Name a file for external data.')

/**
 * Writes a model, streaming its tensors: nothing but its graph is held. Those of 1 KB or more go to the external
 * file where that is asked for, and always above 1 GB.
 * Throws FORMAT_LIMIT above 1 GB without an external file, FORMAT_MALFORMED where a tensor's bytes are not what its
 * shape takes, ONNX_EXTERNAL_PATH for a location outside the folder. What was written until then is incomplete.
 */
export async function writeOnnx(
  model: OnnxModel,
  sink: ByteSink,
  options: OnnxWriteOptions = {},
): Promise<OnnxWritten> {
  return writePlanned(externals => encodeModel(model, externals), sink, options.external)
}

/** Plans a model without and, where it must be, with an external file; then writes. */
export async function writePlanned(
  plan: (externals: Externals | undefined) => Part[] | Promise<Part[]>,
  sink: ByteSink,
  external: OnnxExternalSink | undefined,
): Promise<OnnxWritten> {
  const always = external?.when === 'always'
  let externals = always ? new Externals(external) : undefined
  let parts = await plan(externals)
  if (!always && lengthOf(parts) > MAX_INLINE_BYTES) {
    if (!external)
      throw tooLarge(
        `The model takes ${lengthOf(parts)} bytes; above ${MAX_INLINE_BYTES} its tensors go elsewhere`,
      )
    externals = new Externals(external)
    parts = await plan(externals)
  }
  const bytes = lengthOf(parts)
  if (bytes > MAX_MODEL_BYTES)
    throw tooLarge(`The model takes ${bytes} bytes without its tensors; protobuf ends at ${MAX_MODEL_BYTES}`)
  await externals?.write()
  await writeParts(sink, parts)
  return { bytes, externalBytes: externals?.bytes ?? 0 }
}

/** A ModelProto. */
function encodeModel(model: OnnxModel, externals: Externals | undefined): Part[] {
  return [
    ...varintField(1, model.irVersion ?? IR_VERSION),
    ...textField(2, model.producer?.name ?? 'ballast'),
    ...textField(3, model.producer?.version),
    ...textField(4, model.domain),
    ...(model.modelVersion ? varintField(5, model.modelVersion) : []),
    ...bytesField(7, encodeGraph(model.graph, externals)),
    ...model.opsets.flatMap(({ domain, version }) =>
      bytesField(8, [...bytesField(1, domain), ...varintField(2, version)]),
    ),
    ...encodeEntries(14, model.metadata),
    ...(model.functions ?? []).flatMap(item => bytesField(25, encodeFunction(item))),
  ]
}
