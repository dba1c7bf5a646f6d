import { viewAs } from '../../core/index.ts'
import type { OpenedModel } from '../../formats/index.ts'
import { ConvertError } from '../errors.ts'
import type { Emitter, Value } from '../graph/types.ts'
import { onnxDtype } from './op.ts'

/** Sizes and positions among the constants: what shapes are computed from. */
const MAX_READ = 1024

/** A parameter or buffer of the program: read when the ONNX is written; small whole numbers at once. */
export async function weightOf(model: OpenedModel, name: string, emitter: Emitter): Promise<Value> {
  const info = model.file.tensors.find(tensor => tensor.name === name)
  if (!info)
    throw new ConvertError('CONVERT_INVALID', {
      message: `The program takes '${name.slice(0, 100)}', and the file has no such tensor`,
      hint: 'Save it again with torch.export.save.',
    })
  const dtype = onnxDtype(info.dtype, info.dtype)
  const shape = info.shape
  if (info.elements <= MAX_READ && (dtype === 'int64' || dtype === 'int32' || dtype === 'bool')) {
    const pieces: Uint8Array[] = []
    for await (const piece of model.readTensor(name)) pieces.push(Uint8Array.from(piece))
    return emitter.constant(dtype, shape, Array.from(viewAs(dtype, Buffer.concat(pieces)) as BigInt64Array))
  }
  return emitter.weight({ dtype, shape, data: () => model.readTensor(name) }, name)
}
