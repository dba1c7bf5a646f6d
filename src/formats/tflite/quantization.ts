import type { Flatbuffer, Table } from '../flatbuffers/reader.ts'
import type { TensorQuantization } from '../types.ts'

/** QuantizationParameters: 2 scale, 3 zero_point, 6 quantized_dimension. Undefined where there is no scale. */
export async function readQuantization(
  buffer: Flatbuffer,
  tensor: Table,
): Promise<TensorQuantization | undefined> {
  const table = await buffer.child(tensor, 4)
  if (!table) return undefined
  const scales = await buffer.vector(table, 2, 4)
  if (!scales || scales.length === 0) return undefined
  const scale = await buffer.content(scales, 4)
  const points = await buffer.vector(table, 3, 8)
  const zeroPoint = points && (await buffer.content(points, 8))
  const axis = await buffer.scalar(table, 6, 'int32')
  return {
    scheme: 'affine',
    scale: Array.from({ length: scales.length }, (_, i) => finite(scale.getFloat32(i * 4, true))),
    zeroPoint: Array.from({ length: points?.length ?? 0 }, (_, i) =>
      Number(zeroPoint!.getBigInt64(i * 8, true)),
    ),
    ...(scales.length > 1 && { axis }),
  }
}

/** Descriptions are JSON, which has no infinity. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0
}
