import type { ByteSource } from '../../../core/index.ts'
import { locationFault } from '../external.ts'
import { readOnnx } from '../inspect.ts'
import type { ModelProto, NodeProto, TensorProto } from '../read/proto.ts'
import { functionName, type Scope, visitModel } from '../visit.ts'
import { HAZARDOUS, isKnownDomain, isKnownOperator, type OperatorHazard } from './domains.ts'

/** Something in a model that reaches beyond it, or that nobody vouches for. */
export interface OnnxHazard {
  readonly kind: 'external-path' | 'unknown-domain' | 'unknown-op' | OperatorHazard
  /** Path of the node; of the first where many have the same operator. */
  readonly node?: string
  readonly tensor?: string
  /** Of the node's or tensor's message in the file. */
  readonly offset: number
  /** A sentence's end: `'../../etc/passwd' climbs out of the folder`. */
  readonly detail: string
}

/** The domain of onnxruntime-extensions. */
const EXTENSIONS = 'ai.onnx.contrib'
/** One model needs no more than this to be judged. */
const MAX_HAZARDS = 1000

/**
 * What a model reaches beyond itself, in file order: external data outside its folder, operators that run code, read
 * files, or are known to nobody. Operators are allowed, not forbidden: by the tables of ONNX, ONNX Runtime and its
 * extensions, and the model's own functions (whose bodies are judged too).
 * Throws as `inspectOnnx` does, except that external paths are listed.
 */
export async function onnxHazards(source: ByteSource): Promise<OnnxHazard[]> {
  const model = await readOnnx(source, { anyLocation: true })
  return [...operatorHazards(model), ...pathHazards(model)].slice(0, MAX_HAZARDS)
}

function operatorHazards(model: ModelProto): OnnxHazard[] {
  const own = new Set(model.functions.map(functionName))
  const found = new Map<string, { readonly first: OnnxHazard; count: number }>()
  visitModel(model, {
    node(node, scope) {
      const hazard = judge(node)
      if (!hazard) return
      // A runtime may prefer an operator of that name that somebody registered: then the function vouches for nothing.
      const vouched =
        hazard.kind === 'unknown-domain' || (hazard.kind === 'unknown-op' && node.domain !== EXTENSIONS)
      if (vouched && own.has(functionName({ ...node, name: node.op }))) return
      const key = JSON.stringify([hazard.kind, node.domain, node.op])
      const seen = found.get(key)
      if (seen) seen.count++
      else if (found.size < MAX_HAZARDS)
        found.set(key, { first: { ...hazard, node: pathOf(node, scope), offset: node.offset }, count: 1 })
    },
  })
  return Array.from(found.values(), ({ first, count }) => ({
    ...first,
    detail: count === 1 ? first.detail : `${first.detail} (${count} nodes)`,
  }))
}

function judge({ domain, op }: NodeProto): Pick<OnnxHazard, 'kind' | 'detail'> | undefined {
  const name = `${domain || 'ai.onnx'}::${op}`.slice(0, 200)
  const hazardous = HAZARDOUS.get(op)
  if (hazardous) return { kind: hazardous.kind, detail: `${name} ${hazardous.why}` }
  if (isKnownOperator(domain, op)) return undefined
  // In this domain Python functions are registered under any name.
  if (domain === EXTENSIONS)
    return {
      kind: 'unknown-op',
      detail: `${name} is no operator of onnxruntime-extensions: Python or a library of its own may stand behind it`,
    }
  if (isKnownDomain(domain)) return { kind: 'unknown-op', detail: `${name} is in no known operator set` }
  return { kind: 'unknown-domain', detail: `${name} comes from a library that is not known` }
}

function pathHazards(model: ModelProto): OnnxHazard[] {
  const found: OnnxHazard[] = []
  const check = (tensor: TensorProto | undefined, name: string) => {
    if (tensor?.data.kind !== 'external' || found.length >= MAX_HAZARDS) return
    const { location } = tensor.data
    const fault = locationFault(location)
    if (!fault) return
    const detail = `'${location.slice(0, 200)}' ${fault}`
    found.push({ kind: 'external-path', tensor: name, offset: tensor.range.start, detail })
  }
  const scoped = ({ path }: Scope, name: string) => (path ? `${path}::${name}` : name)
  visitModel(model, {
    graph({ initializers, sparse }, scope) {
      for (const tensor of initializers) check(tensor, scoped(scope, tensor.name))
      for (const { values, indices } of sparse) {
        check(values, scoped(scope, values?.name ?? ''))
        check(indices, scoped(scope, `${values?.name ?? ''}.indices`))
      }
    },
    constant: (tensor, scope, node, attribute) => check(tensor, scoped(scope, `${node}.${attribute}`)),
    sparseConstant({ values, indices }, scope, node, attribute) {
      check(values, scoped(scope, `${node}.${attribute}`))
      check(indices, scoped(scope, `${node}.${attribute}.indices`))
    },
  })
  return found
}

function pathOf({ name, outputs, op }: NodeProto, { path }: Scope): string {
  return [path, name || outputs[0] || op].filter(Boolean).join('/')
}
