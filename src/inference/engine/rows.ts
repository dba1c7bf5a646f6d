import type { Tensor, Tensors } from '../../core/index.ts'
import { stackBatch } from '../../model/index.ts'
import { isStrings } from '../protocols/index.ts'

/** Rows `from` to `to` along axis 0: views of its data. */
export function sliceRows({ dtype, shape, data }: Tensor, from: number, to: number): Tensor {
  const row = shape.slice(1).reduce((product, size) => product * size, 1)
  const sliced = isStrings(data) ? data.slice(from * row, to * row) : data.subarray(from * row, to * row)
  return { dtype, shape: [to - from, ...shape.slice(1)], data: sliced }
}

export function sliceAll(tensors: Tensors, from: number, to: number): Tensors {
  return mapTensors(tensors, tensor => sliceRows(tensor, from, to))
}

/** Several requests' inputs as one batch's, each name stacked along axis 0. */
export function stackAll(requests: readonly Tensors[]): Tensors {
  return mapTensors(requests[0]!, (_, name) => stackBatch(requests.map(request => request[name]!)))
}

/** Size of axis 0 where all tensors agree on it and have one; else undefined. */
export function commonRows(tensors: Tensors): number | undefined {
  let rows: number | undefined
  for (const name in tensors) {
    const size = tensors[name]!.shape[0]
    if (size === undefined || (rows !== undefined && rows !== size)) return undefined
    rows = size
  }
  return rows
}

export function mapTensors(tensors: Tensors, change: (tensor: Tensor, name: string) => Tensor): Tensors {
  const changed: Record<string, Tensor> = Object.create(null)
  for (const name in tensors) changed[name] = change(tensors[name]!, name)
  return changed
}
