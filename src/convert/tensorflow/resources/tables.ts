import type { FileTree, OnnxAttribute, OnnxDtype } from '../../../formats/index.ts'
import type { ProgramNode, StoredTensor } from '../../../formats/tensorflow/index.ts'
import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { elementsOf } from '../constants.ts'
import { tensor } from '../edges.ts'
import type { Constant } from '../op.ts'
import { cast } from '../ops/emit.ts'
import { edgeAs, type FlowConvert, type FlowTable, type Step } from '../step.ts'
import { entriesOfFile } from './vocabulary.ts'

/** A table of keys with their values. */
export interface Table {
  readonly name: string
  /** Undefined where nothing fills it. */
  readonly content: TableContent | undefined
}

export type TableContent =
  | { readonly kind: 'elements'; readonly keys: StoredTensor; readonly values: StoredTensor }
  /** `node` says which columns of its lines are keys and values. */
  | { readonly kind: 'file'; readonly path: string; readonly tree: FileTree; readonly node: ProgramNode }

export interface Entries {
  readonly keys: Constant['elements']
  readonly values: Constant['elements']
}

type Kind = 'texts' | 'ints' | 'floats'

/** What LabelEncoder has lists of: the list, the ending of its attributes' names, and how a default is given. */
const LISTS: Readonly<Partial<Record<OnnxDtype, readonly [kind: Kind, ending: string]>>> = {
  string: ['texts', 'strings'],
  int64: ['ints', 'int64s'],
  float32: ['floats', 'floats'],
}

/** Types that are looked up as another one. */
const WIDER: Readonly<Partial<Record<OnnxDtype, OnnxDtype>>> = {
  int32: 'int64',
  int16: 'int64',
  int8: 'int64',
}

const handle: FlowConvert = async ({ node, walk }) => [
  { kind: 'table', table: await walk.resources.table(node) },
]

const find: FlowConvert = async step => {
  const { emitter: b, value } = step
  const [asked, fallback] = [value(1), value(2)]
  const dtype = fallback.dtype
  const entries = await entriesAt(step, asked.dtype, dtype)
  if (entries.keys.length === 0) return [tensor(b.op('Expand', [fallback, b.op('Shape', [asked])]))]
  const known = fallback.known?.[0]
  const direct = WIDER[dtype] ?? dtype
  if (LISTS[direct] && known !== undefined && known !== null)
    return [tensor(cast(b, encode(step, asked, entries.keys, direct, entries.values, known), dtype))]
  const positions = entries.keys.map((_, i) => i)
  const at = encode(step, asked, entries.keys, 'int64', positions, -1)
  const found = b.op('Gather', [b.constant(dtype, [positions.length], entries.values), at], {
    attributes: { axis: { int: 0 } },
  })
  return [tensor(b.op('Where', [b.op('Less', [at, b.scalar('int64', 0)]), fallback, found]))]
}

/** LabelEncoder of ai.onnx.ml. */
function encode(
  { emitter: b }: Step,
  asked: Value,
  keys: Entries['keys'],
  dtype: OnnxDtype,
  values: Entries['values'],
  fallback: number | string,
): Value {
  const from = WIDER[asked.dtype] ?? asked.dtype
  const [keyList, valueList] = [LISTS[from], LISTS[dtype]]
  if (!keyList || !valueList) throw new Refusal(`keys of the type ${asked.dtype}`)
  const single = { texts: 'text', ints: 'int', floats: 'float' } as const
  const ending = { texts: 'string', ints: 'int64', floats: 'float' } as const
  return b.op('LabelEncoder', [cast(b, asked, from)], {
    domain: 'ai.onnx.ml',
    attributes: {
      [`keys_${keyList[1]}`]: { [keyList[0]]: keys } as OnnxAttribute,
      [`values_${valueList[1]}`]: { [valueList[0]]: values } as OnnxAttribute,
      [`default_${ending[valueList[0]]}`]: { [single[valueList[0]]]: fallback } as OnnxAttribute,
    },
    types: [{ dtype, ...(asked.shape && { shape: asked.shape }) }],
  })
}

async function entriesAt(step: Step, key: OnnxDtype, value: OnnxDtype): Promise<Entries> {
  const { name, content } = edgeAs(step, 0, 'table').table
  if (!content)
    throw new Refusal(`nothing fills the table '${name}'`, 'Save the model with the files of its tables.')
  if (content.kind === 'file') return entriesOfFile(content, key, value)
  const keys = await elementsOf(content.keys, key)
  const values = await elementsOf(content.values, value)
  if (keys.shape.length !== 1 || values.shape.length !== 1 || keys.elements.length !== values.elements.length)
    throw step.invalid(
      `the table '${name}' has keys of shape [${keys.shape.join(', ')}] and values of [${values.shape.join(', ')}]`,
    )
  return { keys: keys.elements, values: values.elements }
}

const size: FlowConvert = async step => {
  const { content } = edgeAs(step, 0, 'table').table
  if (content?.kind === 'elements') return [tensor(step.emitter.scalar('int64', content.keys.info.elements))]
  throw new Refusal('the size of a table that is read from a file')
}

const exported: FlowConvert = async step => {
  const { emitter: b, attributes } = step
  const [key, value] = [attributes.dtype('Tkeys'), attributes.dtype('Tvalues')]
  const { keys, values } = await entriesAt(step, key, value)
  return [tensor(b.constant(key, [keys.length], keys)), tensor(b.constant(value, [values.length], values))]
}

const SCALARS = 'values of one element; keys of string, int64, int32 and float32'

export const tables: FlowTable = {
  HashTable: { convert: handle },
  HashTableV2: { convert: handle },
  MutableHashTable: { convert: handle },
  MutableHashTableV2: { convert: handle },
  LookupTableFind: { convert: find, limits: SCALARS },
  LookupTableFindV2: { convert: find, limits: SCALARS },
  LookupTableSize: { convert: size },
  LookupTableSizeV2: { convert: size },
  LookupTableExport: { convert: exported },
  LookupTableExportV2: { convert: exported },
}
