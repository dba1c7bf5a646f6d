import { DTYPES } from '../../../core/index.ts'
import type { OnnxTensor, OpenedModel, TensorInfo } from '../../../formats/index.ts'
import { isFloat } from '../../graph/dtypes.ts'
import { type ComputeDtype, isReadable, recoded } from './floats.ts'

/** A file's tensors as weights that are read when the model is written. */
export interface TensorTable {
  readonly names: readonly string[]
  /** The same tensor is the same weight, called as it was when it was first asked for. */
  get(tensor: string, name: string): OnnxTensor | undefined
}

export function tensorTable(model: OpenedModel): TensorTable {
  const infos = new Map(model.file.tensors.map(info => [info.name, info]))
  const made = new Map<string, OnnxTensor | undefined>()
  return {
    names: [...infos.keys()],
    get(tensor, name) {
      const info = infos.get(tensor)
      if (info && !made.has(tensor)) made.set(tensor, weightOf(model, info, name))
      return made.get(tensor)
    },
  }
}

/** Quantized weights, as TF.js has them, come as float32. */
function weightOf(model: OpenedModel, info: TensorInfo, name: string): OnnxTensor | undefined {
  const { shape, quantization } = info
  const dtype = DTYPES.find(known => known === info.dtype)
  if (!dtype || dtype === 'string') return undefined
  const read = () => model.readTensor(info.name)
  if (!quantization) return { name, dtype, shape, data: read }
  const [scale, zero] = [quantization.scale[0], quantization.zeroPoint[0]]
  if (scale === undefined || zero === undefined || !isReadable(dtype)) return undefined
  return { name, dtype: 'float32', shape, data: () => recoded(read(), dtype, 'float32', { scale, zero }) }
}

const cast = new WeakMap<OnnxTensor, Map<ComputeDtype, OnnxTensor>>()

/** A weight of floats in the type that its layer computes in: Keras casts variables where they are used. */
export function autocast(tensor: OnnxTensor, to: ComputeDtype): OnnxTensor {
  const { dtype, data } = tensor
  if (dtype === to || !isFloat(dtype) || typeof data !== 'function') return tensor
  const made = cast.get(tensor) ?? new Map<ComputeDtype, OnnxTensor>()
  cast.set(tensor, made)
  const known = made.get(to) ?? { ...tensor, dtype: to, data: () => recoded(data(), dtype, to) }
  made.set(to, known)
  return known
}
