import {
  KERNEL_DTYPES,
  type KernelDtype,
  type Moments,
  openStatistics,
  ReferenceStatistics,
  type StatisticsAccumulator,
} from '../../kernels/index.ts'
import type { OpenModel } from '../ports.ts'
import { tensorMissing } from '../tensors.ts'
import type { TensorInfo } from '../types.ts'
import { valuesOf } from '../values/index.ts'
import { BINS, notesOn, summaryOf } from './summary.ts'
import type { TensorStatistics } from './types.ts'

/** Counts one tensor after another; its memory (some 4 MB) serves all of them. */
export class TensorCounter {
  readonly #fast: StatisticsAccumulator = openStatistics()
  #double: ReferenceStatistics | undefined

  /** Streams a tensor through. Throws FORMAT_UNSUPPORTED for one without numbers, and what `readTensor` throws. */
  async momentsOf(model: OpenModel, info: TensorInfo): Promise<Moments> {
    try {
      return await this.#count(model, info)
    } catch (error) {
      // What was counted of a tensor that broke off is none of the next one's.
      this.#fast.finish()
      this.#double = undefined
      throw error
    }
  }

  async #count(model: OpenModel, info: TensorInfo): Promise<Moments> {
    const { dtype } = info
    if (isKernelDtype(dtype) && !info.quantization) {
      for await (const piece of model.readTensor(info.name)) this.#fast.addStored(piece, dtype)
      return this.#fast.finish()
    }
    let double = false
    for await (const numbers of valuesOf(model, info)) {
      if (numbers instanceof Float32Array) this.#fast.add(numbers)
      else {
        // The kernels know float32 alone.
        this.#double ??= new ReferenceStatistics()
        this.#double.add(numbers)
        double = true
      }
    }
    return double ? this.#double!.finish() : this.#fast.finish()
  }
}

function isKernelDtype(dtype: string): dtype is KernelDtype {
  return (KERNEL_DTYPES as readonly string[]).includes(dtype)
}

/**
 * Statistics of one tensor, in one pass with bounded memory. Throws TENSOR_MISSING, FORMAT_UNSUPPORTED for a tensor
 * without numbers, and what `readTensor` throws.
 */
export async function statisticsOf(
  model: OpenModel,
  name: string,
  { bins = BINS }: { readonly bins?: number } = {},
): Promise<TensorStatistics> {
  const info = model.file.tensors.find(tensor => tensor.name === name)
  if (!info) {
    const names = model.file.tensors.map(tensor => tensor.name)
    throw tensorMissing(model.file.name, name, names)
  }
  return describe(info, await new TensorCounter().momentsOf(model, info), bins)
}

export function describe(info: TensorInfo, moments: Moments, bins: number): TensorStatistics {
  const { name, dtype, shape } = info
  return { name, dtype, shape, ...summaryOf(moments, bins), notes: notesOn(moments) }
}
