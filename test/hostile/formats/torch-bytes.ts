import { zipOf } from './zip-bytes.ts'

/** A pickle, assembled from its opcodes. */
export const global = (module: string, name: string) => `c${module}\n${name}\n`
export const text = (value: string) =>
  `X${bytes4(Buffer.byteLength(value))}${Buffer.from(value).toString('latin1')}`
export const tuple = (...items: string[]) => `(${items.join('')}t`
export const list = (...items: string[]) => `](${items.join('')}e`
export const dict = (...entries: string[]) => `}(${entries.join('')}u`
export const call = (callee: string, ...args: string[]) => `${callee}${tuple(...args)}R`

export function bytes4(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes.toString('latin1')
}

export function int(value: number | bigint): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(BigInt(value))
  return `\x8a\x08${bytes.toString('latin1')}`
}

export const pickle = (body: string) => Buffer.from(`\x80\x02${body}.`, 'latin1')
export const entry = (name: string, data: Uint8Array | string) => ({ name, data: Buffer.from(data) })

export interface Stated {
  readonly type?: string
  readonly key?: string
  readonly elements?: number
}

export const storage = ({ type = 'FloatStorage', key = '0', elements = 4 }: Stated = {}) =>
  `${tuple(text('storage'), global('torch', type), text(key), text('cpu'), int(elements))}Q`

export const ORDERED = call(global('collections', 'OrderedDict'))

export function tensor(
  shape: readonly (number | bigint)[],
  strides: readonly (number | bigint)[],
  offset: number | bigint = 0,
  stated: Stated = {},
): string {
  const [sizes, steps] = [shape, strides].map(values => tuple(...values.map(int)))
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    storage(stated),
    int(offset),
    sizes!,
    steps!,
    '\x89',
    ORDERED,
  )
}

/** An archive of torch.save with one storage of 16 bytes. */
export const archive = (root: string, more: readonly { name: string; data: Uint8Array }[] = []) =>
  zipOf([entry('m/data.pkl', pickle(root)), entry('m/data/0', new Uint8Array(16)), ...more])
