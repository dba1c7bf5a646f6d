import { failing } from '../../errors.ts'
import type { TensorInfo } from '../../types.ts'
import { bytesOf, storedDtype } from '../dtypes.ts'
import { MAX_INITIALIZERS, MAX_INLINE, malformed, overLimit } from '../limits.ts'
import type { GraphProto, ModelProto, SparseTensorProto, TensorProto } from '../read/proto.ts'
import { type Scope, uniqueNames, visitModel } from '../visit.ts'

const unsupported = failing('FORMAT_UNSUPPORTED', 'Save the model again; onnx itself reads no segments.')

/** A tensor as it is listed, and where its elements are. */
export interface ListedTensor {
  readonly info: TensorInfo
  readonly proto: TensorProto
}

/**
 * All tensors of a model under unique names: those of the main graph by their own, those of other graphs behind
 * their path (`loop/body::weight`), those of attributes by node and attribute (`Constant_3.value`) unless they are
 * so small that the attribute shows them. Throws ONNX_MALFORMED for two initializers of one name.
 */
export function listTensors(model: ModelProto): Map<string, ListedTensor> {
  const listed = new Map<string, ListedTensor>()
  const unique = uniqueNames()
  visitModel(model, {
    graph(graph, scope) {
      checkDuplicates(graph, scope)
      const role = scope.kind === 'training' ? 'optimizer' : 'parameter'
      for (const proto of graph.initializers) add(scoped(scope, proto.name), proto, { role })
      for (const sparse of graph.sparse) addSparse(scoped(scope, sparse.values?.name ?? ''), sparse, role)
    },
    constant(proto, scope, node, attribute) {
      if (!isShown(proto)) add(scoped(scope, `${node}.${attribute}`), proto, { role: 'constant' })
    },
    sparseConstant(sparse, scope, node, attribute) {
      addSparse(scoped(scope, `${node}.${attribute}`), sparse, 'constant')
    },
  })
  return listed

  function addSparse(name: string, { values, indices, shape }: SparseTensorProto, role: Role): void {
    const stored = [`sparse, of [${shape.join(', ')}]`]
    if (values) add(name, values, { role, stored })
    if (indices) add(`${name}.indices`, indices, { role: 'data', stored })
  }

  function add(wanted: string, proto: TensorProto, more: Pick<TensorInfo, 'role' | 'stored'>): void {
    if (proto.segment)
      throw unsupported(`The tensor '${wanted}' is one segment of a tensor, which nothing reads`)
    if (listed.size >= MAX_INITIALIZERS) throw overLimit(`More than ${MAX_INITIALIZERS} tensors`)
    const name = unique(wanted)
    listed.set(name, { info: infoOf(name, proto, more), proto })
  }
}

type Role = NonNullable<TensorInfo['role']>

/** Whether a node's attribute shows the elements, so that the tensor needs no name of its own. */
export function isShown({ elements, message, data }: TensorProto): boolean {
  return message !== undefined && elements <= MAX_INLINE && data.kind !== 'external'
}

function scoped({ path }: Scope, name: string): string {
  return path ? `${path}::${name}` : name
}

function infoOf(
  name: string,
  { dtype, shape, elements, data }: TensorProto,
  { role, stored = [] }: Pick<TensorInfo, 'role' | 'stored'>,
): TensorInfo {
  const known = bytesOf(dtype, elements)
  const bytes = dtype === 'string' ? undefined : (known ?? ('length' in data ? data.length : undefined))
  const how = [
    ...stored,
    ...(data.kind === 'external' ? ['external'] : []),
    ...(data.kind === 'fields' && elements > 0 && dtype !== 'string' ? ['typed fields'] : []),
  ]
  return {
    name,
    dtype: storedDtype(dtype),
    shape,
    elements,
    ...(bytes !== undefined && { bytes }),
    ...(how.length > 0 && { stored: how }),
    ...(role && { role }),
  }
}

function checkDuplicates({ initializers, sparse, name: graph }: GraphProto, { path }: Scope): void {
  const seen = new Set<string>()
  for (const { name } of [...initializers, ...sparse.flatMap(({ values }) => values ?? [])]) {
    if (seen.has(name))
      throw malformed(`The graph '${path || graph}' has two initializers of the name '${name.slice(0, 200)}'`)
    seen.add(name)
  }
}
