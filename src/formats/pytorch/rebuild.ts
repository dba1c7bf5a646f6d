import {
  arrayOf,
  integerOf,
  isGlobal,
  type NumpyArray,
  nameOf,
  type PickleCall,
  type PickleNode,
  shapeOf,
  textOf,
} from '../pickle/index.ts'
import { dtypeOfNode, dtypeOfStorage, type TorchDtype } from './dtypes.ts'
import { fail } from './limits.ts'

/** A run of elements in a file that tensors are views of. */
export interface TorchStorage {
  readonly key: string
  readonly dtype: TorchDtype
  /** Of the whole storage, in elements of its dtype. */
  readonly elements: number
  /** Where a view of the storage begins, in elements: only in the legacy format. */
  readonly start: number
}

export interface StridedTensor {
  readonly kind: 'strided'
  readonly storage: TorchStorage
  readonly dtype: TorchDtype
  /** In elements of the dtype, from the storage's `start`. */
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
  /** Flags of views whose bytes were left as they were: conjugate, negative. */
  readonly conj: boolean
  readonly neg: boolean
  /** Torch's quantizer parameters. */
  readonly quantizer?: readonly PickleNode[]
}

/** What a call of torch's `_rebuild_…` functions, or a storage by itself, stands for. */
export type TorchTensor = (
  | StridedTensor
  /** Without elements: on the meta device, or a subclass that keeps its parts in attributes. */
  | {
      readonly kind: 'empty'
      readonly dtype: TorchDtype
      readonly shape: readonly number[]
      readonly why: string
    }
  /** Sparse and nested tensors: tensors that make it up. */
  | {
      readonly kind: 'parts'
      readonly layout: string
      readonly shape?: readonly number[]
      readonly parts: readonly (readonly [name: string, node: PickleNode])[]
    }
  | { readonly kind: 'numpy'; readonly array: NumpyArray }
) & {
  readonly parameter?: boolean
  /** Attributes of a tensor subclass or parameter, in which other tensors may be. */
  readonly state?: PickleNode
}

const UTILS: ReadonlySet<string> = new Set(['torch._utils'])
const TENSOR: ReadonlySet<string> = new Set(['torch._tensor', 'torch.tensor'])
/** Parameters of subclasses of parameters of …. */
const MAX_WRAPPERS = 16

type Rebuild = (args: readonly PickleNode[], call: PickleCall, file: string, depth: number) => TorchTensor

const REBUILDS: ReadonlyMap<string, Rebuild> = new Map<string, Rebuild>([
  ['_rebuild_tensor', (args, call, file) => strided(args, undefined, undefined, call, file)],
  ['_rebuild_tensor_v2', (args, call, file) => strided(args, undefined, args[6], call, file)],
  ['_rebuild_tensor_v3', (args, call, file) => strided(args, args[6], args[7], call, file)],
  ['_rebuild_qtensor', quantized],
  ['_rebuild_parameter', parameter],
  ['_rebuild_parameter_with_state', parameter],
  ['_rebuild_device_tensor_from_cpu_tensor', wrapped],
  ['_rebuild_device_tensor_from_numpy', fromNumpy],
  ['_rebuild_xla_tensor', fromNumpy],
  ['_rebuild_meta_tensor_no_storage', ([dtype, size], call, file) => empty(dtype, size, 'meta', call, file)],
  [
    '_rebuild_wrapper_subclass',
    ([, dtype, size], call, file) => empty(dtype, size, 'wrapper subclass', call, file),
  ],
  ['_rebuild_sparse_tensor', sparse],
  ['_rebuild_nested_tensor', nested],
])

/**
 * The tensor that a node stands for; undefined for anything else. Throws FORMAT_MALFORMED for a call of a
 * `_rebuild_…` function with arguments that it would not take.
 */
export function tensorOf(node: PickleNode | undefined, file: string, depth = 0): TorchTensor | undefined {
  if (node?.kind === 'persistent') return wholeStorage(node, file)
  if (node?.kind !== 'call') return undefined
  const { callee, args } = node
  if (callee.kind === 'global' && args.kind === 'tuple') {
    if (isGlobal(callee, TENSOR, '_rebuild_from_type_v2')) return subclass(node, args.items, file, depth)
    const rebuild = REBUILDS.get(nameOf(callee).name)
    if (rebuild && isGlobal(callee, UTILS, nameOf(callee).name)) return rebuild(args.items, node, file, depth)
  }
  const array = arrayOf(node)
  return array && { kind: 'numpy', array }
}

function strided(
  [id, start, size, stride]: readonly PickleNode[],
  type: PickleNode | undefined,
  metadata: PickleNode | undefined,
  call: PickleCall,
  file: string,
): StridedTensor {
  const storage = id?.kind === 'persistent' ? storageOf(id, file) : undefined
  const dtype = type === undefined ? storage?.dtype : dtypeOfNode(type)
  const [offset, shape, strides] = [integerOf(start), sizesOf(size), sizesOf(stride)]
  if (!storage || !dtype || offset === undefined || offset < 0 || !shape || strides?.length !== shape.length)
    throw wrong(call, file)
  const flags = new Map(
    metadata?.kind === 'dict' ? metadata.entries.map(([key, value]) => [textOf(key), value]) : [],
  )
  const flag = (name: string): boolean => integerOf(flags.get(name)) === 1
  return { kind: 'strided', storage, dtype, offset, shape, strides, conj: flag('conj'), neg: flag('neg') }
}

function quantized(args: readonly PickleNode[], call: PickleCall, file: string): StridedTensor {
  const quantizer = args[4]
  if (quantizer?.kind !== 'tuple') throw wrong(call, file)
  return { ...strided(args, undefined, undefined, call, file), quantizer: quantizer.items }
}

function parameter(args: readonly PickleNode[], call: PickleCall, file: string, depth: number): TorchTensor {
  const state = args[3]
  return { ...wrapped(args, call, file, depth), parameter: true, ...(state && { state }) }
}

function wrapped([data]: readonly PickleNode[], call: PickleCall, file: string, depth: number): TorchTensor {
  const inner = depth < MAX_WRAPPERS ? tensorOf(data, file, depth + 1) : undefined
  if (!inner) throw wrong(call, file)
  return inner
}

function fromNumpy([data]: readonly PickleNode[], call: PickleCall, file: string): TorchTensor {
  const array = data && arrayOf(data)
  if (!array) throw wrong(call, file)
  return { kind: 'numpy', array }
}

function empty(
  type: PickleNode | undefined,
  size: PickleNode | undefined,
  why: string,
  call: PickleCall,
  file: string,
): TorchTensor {
  const [dtype, shape] = [dtypeOfNode(type), sizesOf(size)]
  if (!dtype || !shape) throw wrong(call, file)
  return { kind: 'empty', dtype, shape, why }
}

const SPARSE_PARTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['sparse_coo', ['indices', 'values']],
  ['sparse_csr', ['crow_indices', 'col_indices', 'values']],
  ['sparse_bsr', ['crow_indices', 'col_indices', 'values']],
  ['sparse_csc', ['ccol_indices', 'row_indices', 'values']],
  ['sparse_bsc', ['ccol_indices', 'row_indices', 'values']],
])

function sparse([kind, data]: readonly PickleNode[], call: PickleCall, file: string): TorchTensor {
  const layout = layoutOf(kind)
  const names = SPARSE_PARTS.get(layout ?? '')
  if (layout === undefined || !names || data?.kind !== 'tuple') throw wrong(call, file)
  const shape = sizesOf(data.items[names.length])
  if (!shape) throw wrong(call, file)
  return { kind: 'parts', layout, shape, parts: named(names, data.items) }
}

function nested(args: readonly PickleNode[]): TorchTensor {
  return {
    kind: 'parts',
    layout: 'nested',
    parts: named(['buffer', 'sizes', 'strides', 'storage_offsets'], args),
  }
}

function named(names: readonly string[], nodes: readonly PickleNode[]): (readonly [string, PickleNode])[] {
  return names.flatMap((name, i) => {
    const node = nodes[i]
    return node ? [[name, node] as const] : []
  })
}

/** `torch.sparse_coo` itself, or `torch.serialization._get_layout('torch.sparse_coo')`. */
function layoutOf(node: PickleNode | undefined): string | undefined {
  if (node?.kind === 'global') return nameOf(node).name
  if (node?.kind !== 'call' || node.args.kind !== 'tuple') return undefined
  return textOf(node.args.items[0])?.replace(/^torch\./, '')
}

/** `_rebuild_from_type_v2(function, type, arguments, state)`; undefined where the function makes no tensor known here. */
function subclass(
  call: PickleCall,
  [callee, , args, state]: readonly PickleNode[],
  file: string,
  depth: number,
): TorchTensor | undefined {
  if (!callee || !args || depth >= MAX_WRAPPERS) throw wrong(call, file)
  const inner = tensorOf({ ...call, callee, args }, file, depth + 1)
  return inner && { ...inner, ...(state && { state }) }
}

/** A storage that is pickled without a tensor. */
function wholeStorage(
  id: Extract<PickleNode, { kind: 'persistent' }>,
  file: string,
): StridedTensor | undefined {
  if (id.id.kind !== 'tuple' || textOf(id.id.items[0]) !== 'storage') return undefined
  const storage = storageOf(id, file)
  const shape = [storage.elements - storage.start]
  return {
    kind: 'strided',
    storage,
    dtype: storage.dtype,
    offset: 0,
    shape,
    strides: [1],
    conj: false,
    neg: false,
  }
}

/** `('storage', torch.FloatStorage, key, device, elements[, view])`; a view is `(key, first element, elements)`. */
export function storageOf(
  { id, offset }: Extract<PickleNode, { kind: 'persistent' }>,
  file: string,
): TorchStorage {
  const [tag, type, name, , count, view] = id.kind === 'tuple' ? id.items : []
  const [dtype, key, elements] = [dtypeOfStorage(type), textOf(name), integerOf(count)]
  const start = view?.kind === 'tuple' ? integerOf(view.items[1]) : 0
  const sane = elements !== undefined && elements >= 0 && start !== undefined && start >= 0
  if (textOf(tag) !== 'storage' || !dtype || key === undefined || !sane)
    throw fail.malformed({ name: file, offset }, 'a persistent id names no storage that torch knows')
  return { key, dtype, elements, start: Math.min(start, elements) }
}

/** A tuple or list of sizes, or `torch.Size` of one. */
function sizesOf(node: PickleNode | undefined): readonly number[] | undefined {
  if (node?.kind !== 'call') return shapeOf(node)
  if (!isGlobal(node.callee, new Set(['torch', 'torch._C']), 'Size')) return undefined
  return node.args.kind === 'tuple' ? shapeOf(node.args.items[0]) : undefined
}

function wrong({ callee, offset }: PickleCall, file: string) {
  const name = callee.kind === 'global' ? nameOf(callee).name : 'a function'
  return fail.malformed({ name: file, offset }, `${name} is called with arguments that it does not take`)
}
