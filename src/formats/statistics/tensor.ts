import {
  KERNEL_BLOCKS,
  KERNEL_DTYPES,
  type KernelBlock,
  type KernelDtype,
  type Moments,
  openStatistics,
  type StatisticsAccumulator,
} from '../../kernels/index.ts'
import type { OpenModel, ReadOptions } from '../ports.ts'
import { tensorMissing } from '../tensors.ts'
import type { TensorDtype, TensorInfo } from '../types.ts'
import { codesOf, valuesOf } from '../values/index.ts'
import { BINS, notesOn, summaryOf } from './summary.ts'
import type { TensorStatistics } from './types.ts'

/** Of parts of complex numbers. */
const PARTS: Readonly<Partial<Record<TensorDtype, KernelDtype>>> = {
  complex64: 'float32',
  complex128: 'float64',
}

/** Counts one tensor after another; its memory (some 3 MB) serves all of them. */
export class TensorCounter {
  readonly #statistics: StatisticsAccumulator = openStatistics()
  /** Pieces are read straight into the kernels' memory. */
  readonly #options: ReadOptions = this.#statistics.room ? { buffer: this.#statistics.room } : {}

  /** Streams a tensor through. Throws FORMAT_UNSUPPORTED for one without numbers, and what `readTensor` throws. */
  async momentsOf(model: OpenModel, info: TensorInfo): Promise<Moments> {
    try {
      await this.#count(model, info)
    } catch (error) {
      // What was counted of a tensor that broke off is none of the next one's.
      this.#statistics.finish()
      throw error
    }
    return this.#statistics.finish()
  }

  async #count(model: OpenModel, info: TensorInfo): Promise<void> {
    const statistics = this.#statistics
    const dtype = info.quantization ? undefined : kernelDtypeOf(info.dtype)
    const codes = dtype ? undefined : codesOf(info)
    if (dtype)
      for await (const piece of model.readTensor(info.name, this.#options)) statistics.addStored(piece, dtype)
    else if (codes)
      for await (const piece of model.readTensor(info.name, this.#options)) statistics.addCodes(piece, codes)
    else if (isKernelBlock(info.dtype) && statistics.addBlocks)
      for await (const piece of model.readTensor(info.name, this.#options))
        statistics.addBlocks(piece, info.dtype)
    else for await (const numbers of valuesOf(model, info, this.#options)) statistics.add(numbers)
  }
}

function isKernelBlock(dtype: TensorDtype): dtype is KernelBlock {
  return Object.hasOwn(KERNEL_BLOCKS, dtype)
}

function kernelDtypeOf(dtype: TensorDtype): KernelDtype | undefined {
  return KERNEL_DTYPES.find(known => known === dtype) ?? PARTS[dtype]
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
  const { tensors } = (await model.whole?.()) ?? model.file
  const info = tensors.find(tensor => tensor.name === name)
  if (!info) {
    const names = tensors.map(tensor => tensor.name)
    throw tensorMissing(model.file.name, name, names)
  }
  return describe(info, await new TensorCounter().momentsOf(model, info), bins)
}

export function describe(info: TensorInfo, moments: Moments, bins: number): TensorStatistics {
  const { name, dtype, shape } = info
  return { name, dtype, shape, ...summaryOf(moments, bins), notes: notesOn(moments) }
}
