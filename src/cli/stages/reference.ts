import type { ReferenceOutputs } from '../../api/index.ts'
import { bytesPerElement, elementCount, type Tensor } from '../../core/index.ts'
import {
  checkConfig,
  loadOnnx,
  type ModelConfig,
  type ModelSession,
  type TensorSpec,
} from '../../model/index.ts'

/** Reference outputs are read at every start of a replica; larger ones prove nothing more. */
const MAX_ELEMENTS = 1_000_000
/** float32 on other processors differs in the last bits; a wrong model differs at once. */
const TOLERANCE = { rtol: 1e-3, atol: 1e-4 }

/**
 * What the model gives here for fixed pseudo-random inputs: a replica that gives something else has another
 * model, another library or a broken machine. Undefined where inputs can't be made up (text, very large). Throws
 * (ModelError) where the configuration does not fit the model: no replica would take it.
 */
export async function referenceOutputs(
  file: string,
  config: ModelConfig,
): Promise<ReferenceOutputs | undefined> {
  const session = await loadOnnx(file)
  try {
    checkConfig(session.signature, config)
    const inputs = madeUpInputs(session)
    if (!inputs) return undefined
    const outputs = await session.run(inputs)
    const large = Object.values(outputs).some(
      ({ dtype, shape }) => dtype === 'string' || elementCount(shape) > MAX_ELEMENTS,
    )
    if (large) return undefined
    return {
      inputs: Object.entries(inputs).map(wire),
      outputs: Object.entries(outputs).map(wire),
      ...TOLERANCE,
    }
  } finally {
    await session.close()
  }
}

function madeUpInputs({ signature }: ModelSession): Record<string, Tensor> | undefined {
  const inputs: Record<string, Tensor> = {}
  for (const spec of signature.inputs) {
    const tensor = madeUp(spec)
    if (!tensor) return undefined
    inputs[spec.name] = tensor
  }
  return inputs
}

/** Free axes are 1. Floats in 0…1, whole numbers 0 or 1, which every vocabulary has. */
function madeUp({ dtype, shape: declared }: TensorSpec): Tensor | undefined {
  const shape = declared.map(size => (typeof size === 'number' && size > 0 ? size : 1))
  const count = elementCount(shape)
  if (count > MAX_ELEMENTS) return undefined
  const next = sequence()
  switch (dtype) {
    case 'float32':
      return { dtype, shape, data: Float32Array.from({ length: count }, next) }
    case 'float64':
      return { dtype, shape, data: Float64Array.from({ length: count }, next) }
    case 'int64':
      return { dtype, shape, data: BigInt64Array.from({ length: count }, () => BigInt(Math.round(next()))) }
    case 'int32':
      return { dtype, shape, data: Int32Array.from({ length: count }, () => Math.round(next())) }
    case 'uint8':
    case 'bool':
      return { dtype, shape, data: Uint8Array.from({ length: count }, () => Math.round(next())) }
    default:
      return undefined
  }
}

/** A linear congruential generator (Numerical Recipes' constants): the same numbers everywhere. */
function sequence(): () => number {
  let state = 20_231
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function wire([name, { dtype, shape, data }]: readonly [string, Tensor]): ReferenceOutputs['inputs'][number] {
  const { buffer, byteOffset, byteLength } = data as Uint8Array
  if (bytesPerElement(dtype) === undefined) throw new TypeError(`${name} has no bytes`)
  return {
    name,
    dtype,
    shape: [...shape],
    base64: Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
  }
}
