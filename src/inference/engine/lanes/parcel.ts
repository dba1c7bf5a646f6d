import { type Tensor, type Tensors, viewAs } from '../../../core/index.ts'
import { isStrings } from '../../protocols/index.ts'

/** Parts start at multiples of this, so that any element type can be viewed in place. */
const ALIGNMENT = 64

/** A tensor on its way between threads: its elements lie in an area of bytes beside the message. */
export interface Packed {
  readonly name: string
  readonly dtype: Tensor['dtype']
  readonly shape: readonly number[]
  /** Where in the area. */
  readonly at: number
  readonly bytes: number
  /** Instead of bytes. */
  readonly texts?: readonly string[]
}

/** Where everything goes: made before there is an area, so that its size is known. */
export interface Parcel {
  readonly tensors: readonly Packed[]
  /** Of the area. */
  readonly bytes: number
}

/** The plan for some requests' tensors, stacked along axis 0; one request's tensors go as they are. */
export function planParcel(parts: readonly Tensors[]): Parcel {
  const first = parts[0]!
  const tensors: Packed[] = []
  let at = 0
  for (const name in first) {
    const { dtype, shape, data } = first[name]!
    const sources = parts.map(part => part[name]!)
    const rows = sources.reduce((sum, source) => sum + (source.shape[0] ?? 0), 0)
    const stacked = parts.length === 1 ? shape : [rows, ...shape.slice(1)]
    if (isStrings(data)) {
      const texts = sources.flatMap(source => (isStrings(source.data) ? source.data : []))
      tensors.push({ name, dtype, shape: stacked, at, bytes: 0, texts })
      continue
    }
    const bytes = sources.reduce(
      (sum, source) => sum + (isStrings(source.data) ? 0 : source.data.byteLength),
      0,
    )
    tensors.push({ name, dtype, shape: stacked, at, bytes })
    at += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
  }
  return { tensors, bytes: at }
}

/** Copies the elements to where the plan has them: the one copy that joining requests costs. */
export function fillArea(area: Uint8Array, parcel: Parcel, parts: readonly Tensors[]): void {
  for (const { name, at } of parcel.tensors) {
    let offset = at
    for (const part of parts) {
      const { data } = part[name]!
      if (isStrings(data)) continue
      area.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset)
      offset += data.byteLength
    }
  }
}

/** The tensors as views of their area. */
export function openParcel({ tensors }: Parcel, area: Uint8Array): Tensors {
  const byName: Record<string, Tensor> = Object.create(null)
  for (const { name, dtype, shape, at, bytes, texts } of tensors) {
    byName[name] =
      dtype === 'string'
        ? { dtype, shape, data: texts ?? [] }
        : { dtype, shape, data: viewAs(dtype, area.subarray(at, at + bytes)) }
  }
  return byName
}
