import { sourceOf } from '../../../core/index.ts'
import type { Attribute } from '../../types.ts'
import { tensorPieces } from '../elements/pieces.ts'
import { tensorText } from '../elements/text.ts'
import type {
  AttributeProto,
  AttributeValue,
  GraphProto,
  LongText,
  NodeProto,
  TensorProto,
} from '../read/proto.ts'
import { numbersOf } from './numbers.ts'
import { isShown } from './tensors.ts'

/** A node's attributes as plain JSON; subgraphs by their paths. */
export async function describeAttributes(
  attributes: readonly AttributeProto[],
  paths: ReadonlyMap<GraphProto, string>,
): Promise<Record<string, Attribute>> {
  const described: Record<string, Attribute> = Object.create(null)
  for (const { name, value } of attributes) described[name] = await describeValue(value, paths)
  return described
}

async function describeValue(
  value: AttributeValue,
  paths: ReadonlyMap<GraphProto, string>,
): Promise<Attribute> {
  switch (value.kind) {
    case 'none':
      return null
    case 'reference':
      return { parameter: value.name }
    case 'float':
      return plain(value.value)
    case 'int':
      return plain(value.value)
    case 'string':
      return text(value.value)
    case 'floats':
    case 'ints':
      return cut(value.first.map(plain), value.count)
    case 'strings':
      return cut(value.first.map(text), value.count)
    case 'tensors': {
      const all: Attribute[] = []
      for (const tensor of value.tensors) all.push(await describeTensor(tensor))
      return value.list ? all : (all[0] ?? null)
    }
    case 'sparse-tensors': {
      const all = value.tensors.map(({ values, shape }) => ({
        sparse: true,
        dtype: values?.dtype ?? 'undefined',
        shape,
        values: values?.elements ?? 0,
      }))
      return value.list ? all : (all[0] ?? null)
    }
    case 'graphs': {
      const all = value.graphs.map(graph => ({ graph: paths.get(graph) ?? '' }))
      return value.list ? all : all[0]!
    }
    case 'types':
      return value.types.map(type => ({ type: type.kind, ...(type.dtype && { dtype: type.dtype }) }))
  }
}

/** A list, or how long it is where only its beginning is known. */
function cut(first: readonly Attribute[], count: number): Attribute {
  return first.length === count ? first : { count, first }
}

async function describeTensor(tensor: TensorProto): Promise<Attribute> {
  const { dtype, shape } = tensor
  if (!isShown(tensor)) return { dtype, shape }
  return { dtype, shape, values: await valuesOf(tensor) }
}

/** A small tensor's elements, from the copy of its message. */
async function valuesOf(tensor: TensorProto): Promise<Attribute> {
  const message = tensor.message!
  const { start } = tensor.range
  const local: TensorProto = {
    ...tensor,
    range: { start: 0, end: message.byteLength },
    data: tensor.data.kind === 'raw' ? { ...tensor.data, offset: tensor.data.offset - start } : tensor.data,
  }
  const source = sourceOf(message, `the tensor '${tensor.name}'`)
  if (tensor.dtype === 'string') {
    const all: string[] = []
    for await (const element of tensorText(source, local)) all.push(element)
    return all
  }
  if (tensor.dtype === 'undefined' || tensor.dtype.startsWith('unknown')) return null
  const pieces: Uint8Array[] = []
  const none = async () => source
  for await (const piece of tensorPieces(source, local, none)) pieces.push(piece)
  return numbersOf(tensor.dtype, Buffer.concat(pieces), tensor.elements)
}

function text({ text: shown, bytes }: LongText): Attribute {
  if (shown === undefined) return { bytes }
  return Buffer.byteLength(shown) === bytes ? shown : { bytes, first: shown }
}

/** JSON has neither NaN nor whole numbers beyond 2^53: those become text. */
export function plain(value: number | bigint): Attribute {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

/** What a node that has none is called by: its first output, which is unique in its graph. */
export function nodeName({ name, outputs, op }: NodeProto): string {
  return name || outputs[0] || op
}
