import type { ByteSource } from '../../core/index.ts'
import { FormatsError, failing } from '../errors.ts'
import { looksLike } from '../sniff.ts'
import { describeModel } from './describe.ts'
import { type ReadOptions, readModel } from './read/model.ts'
import type { ModelProto } from './read/proto.ts'
import type { OnnxDescription } from './types.ts'

/** How much of the beginning tells what a file is. */
const HEAD_BYTES = 512

/**
 * What an ONNX model says about itself: read by ranges, so that its size does not matter. Every external path in it
 * is judged. Throws NOT_ONNX (with what the bytes look like instead), ONNX_TRUNCATED, ONNX_MALFORMED, ONNX_LIMIT
 * or ONNX_EXTERNAL_PATH.
 */
export async function inspectOnnx(source: ByteSource): Promise<OnnxDescription> {
  return describeModel(source, await readOnnx(source))
}

/** A model's messages. Throws as `inspectOnnx` does. */
export async function readOnnx(source: ByteSource, options: ReadOptions = {}): Promise<ModelProto> {
  try {
    return await readModel(source, options)
  } catch (cause) {
    if (cause instanceof FormatsError && cause.code !== 'ONNX_EXTERNAL_PATH') await explain(source, cause)
    throw cause
  }
}

/** A file of another kind fails somewhere at random: say what it is instead. */
async function explain(source: ByteSource, cause: FormatsError): Promise<void> {
  const other = looksLike(await source.read(0, Math.min(HEAD_BYTES, source.size)))
  if (!other) return
  throw failing('NOT_ONNX', other.hint)(`${source.name} is no ONNX model: it looks like ${other.what}`, {
    cause,
    details: { looksLike: other.what },
  })
}
