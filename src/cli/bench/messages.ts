import type { Tensor, Tensors } from '../../core/index.ts'
import { binaryRequest, bytesOf, DATATYPES, fitsJson, type HttpBody, jsonRequest } from '../predict/oip.ts'

/** How made-up inputs are written. */
export const PROTOCOLS = ['binary', 'json', 'v1', 'grpc'] as const
export type BenchProtocol = (typeof PROTOCOLS)[number]

/** Writes inputs, or undefined where the protocol has no form for them. */
export const WRITERS: Readonly<
  Record<BenchProtocol, (inputs: Tensors, model: ModelName) => HttpBody | undefined>
> = {
  binary: inputs => binaryRequest(inputs, { binaryAnswer: true }),
  json: inputs => (fitsJson(inputs) ? jsonRequest(inputs) : undefined),
  v1: inputs => (fitsJson(inputs) ? v1Request(inputs) : undefined),
  grpc: (inputs, model) => ({ body: grpcRequest(inputs, model), headers: {} }),
}

export interface ModelName {
  readonly name: string
  readonly version: string | undefined
}

/** Rows where there is one input (`instances`), columns where there are several (`inputs`). */
function v1Request(inputs: Tensors): HttpBody {
  const entries = Object.entries(inputs)
  const [only] = entries
  const value =
    entries.length === 1
      ? { instances: nested(only![1]) }
      : { inputs: Object.fromEntries(entries.map(([name, tensor]) => [name, nested(tensor)])) }
  return { body: Buffer.from(JSON.stringify(value)), headers: { 'content-type': 'application/json' } }
}

function nested({ shape, data, dtype }: Tensor): unknown {
  const flat = Array.from<number | bigint | string, unknown>(data, value =>
    typeof value === 'string' ? value : dtype === 'bool' ? Number(value) !== 0 : Number(value),
  )
  const build = (axis: number, from: number, size: number): unknown => {
    if (axis === shape.length) return flat[from]
    const length = shape[axis]!
    const inner = size / length
    return Array.from({ length }, (_, i) => build(axis + 1, from + i * inner, inner))
  }
  return build(0, 0, flat.length)
}

/**
 * ModelInferRequest of the protocol's grpc_service.proto: model_name 1, model_version 2, inputs 5 (name 1, datatype 2,
 * shape 3), raw_input_contents 7.
 */
function grpcRequest(inputs: Tensors, { name, version }: ModelName): Buffer {
  const tensors = Object.entries(inputs)
  return Buffer.concat([
    field(1, Buffer.from(name)),
    ...(version === undefined ? [] : [field(2, Buffer.from(version))]),
    ...tensors.map(([name, { dtype, shape }]) =>
      field(
        5,
        Buffer.concat([
          field(1, Buffer.from(name)),
          field(2, Buffer.from(DATATYPES[dtype])),
          field(3, Buffer.concat(shape.map(varint))),
        ]),
      ),
    ),
    ...tensors.map(([, tensor]) => field(7, bytesOf(tensor))),
  ])
}

/** A field of protobuf's wire type 2: its length, its bytes. */
function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.from([...bytes, rest])
}
