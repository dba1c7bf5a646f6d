import { viewAs } from '../../core/index.ts'
import { type LiteProgram, type LiteTensor, MAX_KNOWN, type OnnxDtype } from '../../formats/index.ts'
import type { Emitter, Value } from '../graph/types.ts'
import { Refusal } from '../refusals.ts'
import { dequantized, isQuantized } from './quantize.ts'

const PLAIN: ReadonlySet<string> = new Set([
  'float32',
  'float16',
  'float64',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
])
/** Packed as ONNX packs them: from the lowest bits. */
const PACKED: ReadonlySet<string> = new Set(['int4', 'uint4', 'int2'])

/** A constant of the file as the real numbers it stands for; undefined where it is none. Few elements are read at once. */
export async function constantOf(
  program: LiteProgram,
  tensor: LiteTensor,
  b: Emitter,
): Promise<Value | undefined> {
  const { data, dtype, elements, shape, name } = tensor
  if (!data && elements > 0) return undefined
  if (dtype === 'string') return b.constant('string', shape, await textsOf(program, tensor))
  if (!PLAIN.has(dtype) && !PACKED.has(dtype)) throw new Refusal(`'${name}' is of a type that ONNX has not`)
  const stored = dtype as OnnxDtype
  if (isQuantized(tensor) || PACKED.has(dtype)) {
    const weight = b.weight({ dtype: stored, shape, data: () => program.read(tensor) }, name)
    return dequantized(b, weight, tensor)
  }
  if (elements > MAX_KNOWN) return b.weight({ dtype: stored, shape, data: () => program.read(tensor) }, name)
  const pieces: Uint8Array[] = []
  if (data) for await (const piece of program.read(tensor)) pieces.push(Uint8Array.from(piece))
  const bytes = Buffer.concat(pieces)
  if (dtype === 'float16') return b.weight({ dtype: stored, shape, data: new Uint8Array(bytes) }, name)
  return b.constant(stored, shape, Array.from<number | bigint>(viewAs(dtype as 'float32', bytes)))
}

async function textsOf(program: LiteProgram, tensor: LiteTensor): Promise<readonly string[]> {
  if (tensor.elements > MAX_KNOWN) throw new Refusal(`a constant of ${tensor.elements} texts`)
  const texts: string[] = []
  for await (const text of program.readText(tensor)) texts.push(text)
  return texts
}
