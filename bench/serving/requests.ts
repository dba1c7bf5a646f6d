/** Bodies that the benches of serving send. */
import type { Request } from './world.ts'

/** A request of the Open Inference Protocol with one made-up tensor in binary; its answer comes in binary too. */
export function tensorRequest(
  path: string,
  shape: readonly number[],
  { name = 'x', datatype = 'FP32' }: { readonly name?: string; readonly datatype?: 'FP32' | 'INT64' } = {},
): Request {
  const length = shape.reduce((a, b) => a * b, 1)
  const data =
    datatype === 'FP32'
      ? Float32Array.from({ length }, (_, i) => (i % 255) / 255)
      : BigInt64Array.from({ length }, (_, i) => BigInt(i % 100))
  const tensor = { name, shape, datatype, parameters: { binary_data_size: data.byteLength } }
  const head = Buffer.from(JSON.stringify({ inputs: [tensor], parameters: { binary_data_output: true } }))
  return {
    method: 'POST',
    path,
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(head.length),
    },
    body: Buffer.concat([head, Buffer.from(data.buffer)]).toString('base64'),
  }
}
