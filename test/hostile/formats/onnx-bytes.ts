/** A writer of protobuf, honest or not, for ONNX models made by hand. */
export type Part = Uint8Array

export function varint(value: number | bigint): Part {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return Uint8Array.from(bytes)
}

export const join = (...parts: readonly Part[]): Part => Buffer.concat(parts)
export const int = (field: number, value: number | bigint): Part => join(varint(field * 8), varint(value))
export const bytes = (field: number, content: Part | string): Part => {
  const body = Buffer.from(content)
  return join(varint(field * 8 + 2), varint(body.length), body)
}
export const message = (field: number, ...parts: readonly Part[]): Part => bytes(field, join(...parts))

const FLOAT = 1
const entry = (key: string, value: string): Part => message(13, bytes(1, key), bytes(2, value))

export interface TensorInit {
  readonly name?: string
  readonly dims?: readonly (number | bigint)[]
  readonly dtype?: number
  readonly raw?: Uint8Array
  readonly external?: Readonly<Record<string, string>>
}

/** A TensorProto's body. */
export function tensor({ name = 'w', dims = [2], dtype = FLOAT, raw, external }: TensorInit): Part {
  const where = external
    ? [int(14, 1), ...Object.entries(external).map(([key, value]) => entry(key, value))]
    : [bytes(9, raw ?? new Uint8Array(8))]
  return join(...dims.map(size => int(1, size)), int(2, dtype), bytes(8, name), ...where)
}

/** A ValueInfoProto's body: a float tensor with these axes. */
export function value(name: string, shape: readonly (number | string)[]): Part {
  const dims = shape.map(size => message(1, typeof size === 'number' ? int(1, size) : bytes(2, size)))
  return join(bytes(1, name), message(2, message(1, int(1, FLOAT), message(2, ...dims))))
}

export const node = (operator: string, ...attributes: readonly Part[]): Part =>
  join(bytes(1, 'x'), bytes(1, 'w'), bytes(2, 'y'), bytes(4, operator), ...attributes)

export interface ModelInit {
  readonly irVersion?: number | bigint
  readonly graph?: readonly Part[]
  /** Parts behind the graph. */
  readonly rest?: readonly Part[]
}

/** y = x + w, which runs; or with another graph. */
export function model(init: ModelInit = {}): Part {
  const graph = init.graph ?? [
    message(1, node('Add')),
    bytes(2, 'sum'),
    message(5, tensor({ raw: new Uint8Array(Float32Array.of(1, 2).buffer) })),
    message(11, value('x', ['N', 2])),
    message(12, value('y', ['N', 2])),
  ]
  return join(
    int(1, init.irVersion ?? 8),
    bytes(2, 'ballast'),
    message(7, ...graph),
    ...(init.rest ?? [message(8, bytes(1, ''), int(2, 17))]),
  )
}
