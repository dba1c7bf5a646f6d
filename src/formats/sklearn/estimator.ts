import { failuresOf } from '../errors.ts'
import {
  arrayOf,
  attributesOf,
  classOf,
  isGlobal,
  nameOf,
  type PickleCall,
  type PickleNode,
  type PickleText,
  scalarOf,
  textOf,
} from '../pickle/index.ts'
import type { Estimator, EstimatorMap, EstimatorObject, EstimatorValue } from './types.ts'

const fail = failuresOf('scikit-learn', 'Save the fitted estimator with joblib.dump or pickle.dump.')

/** Estimators in estimators, and the lists between them: a grid search over a pipeline has some 12. */
const MAX_DEPTH = 100

/**
 * Reads a fitted scikit-learn estimator out of a pickle's inert nodes. Arrays stay in the file.
 * Throws FORMAT_MALFORMED for a node that is no estimator, FORMAT_LIMIT for values nested without end.
 *
 *   const { root } = await runPickle(source, { joblib: true })
 *   const { className, params, fitted } = await readEstimator(root, source.name)
 */
export async function readEstimator(node: PickleNode, file: string): Promise<Estimator> {
  const value = node.kind === 'call' ? await new Values(file).of(node, 0) : undefined
  if (isEstimator(value)) return value
  const global = node.kind === 'call' ? classOf(node) : undefined
  const found = global ? `${nameOf(global).module}.${nameOf(global).name}` : `a ${node.kind}`
  throw fail.malformed({ name: file }, `expected an estimator of scikit-learn and found ${found}`)
}

export function isEstimator(value: EstimatorValue | undefined): value is Estimator {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'estimator'
}

/** Values of one estimator, counted where they are reached: objects may share theirs. A million words take two. */
const MAX_VALUES = 20_000_000

/** Turns nodes into values, each node once. */
class Values {
  readonly #file: string
  readonly #done = new Map<PickleNode, EstimatorValue>()
  readonly #open = new Set<PickleNode>()
  #count = 0

  constructor(file: string) {
    this.#file = file
  }

  async of(node: PickleNode, depth: number): Promise<EstimatorValue> {
    if (++this.#count > MAX_VALUES)
      throw fail.limit({ name: this.#file }, `more than ${MAX_VALUES} values in an estimator`)
    const known = this.#done.get(node)
    if (known !== undefined) return known
    if (this.#open.has(node)) return { kind: 'opaque', what: 'an object within itself' }
    if (depth > MAX_DEPTH) throw fail.limit({ name: this.#file }, `values nested more than ${MAX_DEPTH} deep`)
    this.#open.add(node)
    const value = await this.#make(node, depth + 1)
    this.#open.delete(node)
    this.#done.set(node, value)
    return value
  }

  async #make(node: PickleNode, depth: number): Promise<EstimatorValue> {
    switch (node.kind) {
      case 'none':
        return null
      case 'bool':
      case 'float':
        return node.value
      case 'int':
        return integer(node.value)
      case 'text':
        return node.whole ? longText(node.whole) : node.value
      case 'bytes':
        return {
          kind: 'bytes',
          ...(!node.escaped && { place: { offset: node.offset, length: node.length } }),
          read: () => node.read(),
        }
      case 'tuple':
      case 'list':
      case 'set':
        return this.#all(node.items, depth)
      case 'dict':
        return { kind: 'map', entries: await this.#pairs(node.entries, depth) }
      case 'global':
        return node.computed ? { kind: 'opaque', what: 'a computed name' } : { kind: 'name', ...nameOf(node) }
      case 'array':
      case 'call':
        return this.#object(node, depth)
      default:
        return { kind: 'opaque', what: node.kind }
    }
  }

  async #object(
    node: Extract<PickleNode, { kind: 'array' | 'call' }>,
    depth: number,
  ): Promise<EstimatorValue> {
    const array = arrayOf(node)
    if (array) {
      const objects = array.objects && (await this.#all(array.objects, depth))
      return { kind: 'array', array, ...(objects && { objects }) }
    }
    const scalar = await scalarOf(node)
    if (scalar !== undefined) return typeof scalar === 'bigint' ? integer(scalar) : scalar
    if (node.kind !== 'call') return { kind: 'opaque', what: 'an array' }
    const bytes = bytearrayOf(node)
    return bytes ? this.of(bytes, depth) : this.#instance(node, depth)
  }

  async #instance(call: PickleCall, depth: number): Promise<Estimator | EstimatorObject> {
    const global = classOf(call)
    const { module, name } = global ? nameOf(global) : { module: '', name: '' }
    const attributes = new Map<string, EstimatorValue>()
    for (const [key, value] of attributesOf(call)) attributes.set(key, await this.of(value, depth))
    if (isEstimatorClass(module, attributes)) return estimatorOf(module, name, call, attributes)
    const state = call.states.findLast(found => found.kind !== 'dict' && found.kind !== 'none')
    return {
      kind: 'object',
      module,
      className: name,
      args: call.args.kind === 'tuple' ? await this.#all(call.args.items, depth) : [],
      attributes,
      ...(state && { state: await this.of(state, depth) }),
      items: await this.#all(call.items, depth),
      entries: await this.#pairs(call.entries, depth),
    }
  }

  async #all(nodes: readonly PickleNode[], depth: number): Promise<EstimatorValue[]> {
    const values: EstimatorValue[] = []
    for (const node of nodes) values.push(await this.of(node, depth))
    return values
  }

  async #pairs(
    entries: readonly (readonly [PickleNode, PickleNode])[],
    depth: number,
  ): Promise<EstimatorMap['entries']> {
    const pairs: [EstimatorValue, EstimatorValue][] = []
    for (const [key, value] of entries) pairs.push([await this.of(key, depth), await this.of(value, depth)])
    return pairs
  }
}

function longText({ offset, length, encoding }: NonNullable<PickleText['whole']>): EstimatorValue {
  const what = `a text of ${length} bytes`
  return { kind: 'opaque', what, ...(encoding === 'utf-8' && { place: { offset, length } }) }
}

/** Of `bytearray(b'…')`, as protocols 3 and 4 have it: the bytes. */
function bytearrayOf({ callee, args }: PickleCall): PickleNode | undefined {
  if (!isGlobal(callee, BUILTINS, 'bytearray') || args.kind !== 'tuple') return undefined
  const [bytes] = args.items
  return bytes?.kind === 'bytes' ? bytes : undefined
}

const BUILTINS: ReadonlySet<string> = new Set(['builtins', '__builtin__'])

/**
 * Packages whose estimators follow scikit-learn's conventions, and do not always tell `n_features_in_`; and those of
 * what such an estimator holds, which people save by itself.
 */
const OTHERS: ReadonlySet<string> = new Set([
  'xgboost.sklearn',
  'xgboost.core',
  'lightgbm.sklearn',
  'lightgbm.basic',
  'catboost.core',
])

/**
 * Estimators carry their version (BaseEstimator.__getstate__ writes it for classes of scikit-learn alone). Those of
 * other packages that follow the convention have a fitted attribute, `n_features_in_`.
 */
function isEstimatorClass(module: string, attributes: ReadonlyMap<string, EstimatorValue>): boolean {
  if (attributes.has('_sklearn_version') || OTHERS.has(module)) return true
  return !module.startsWith('sklearn.') && attributes.has('n_features_in_')
}

function estimatorOf(
  module: string,
  className: string,
  call: PickleCall,
  attributes: ReadonlyMap<string, EstimatorValue>,
): Estimator {
  const version = textOf(attributesOf(call).get('_sklearn_version'))
  const all = Array.from(attributes).filter(([name]) => name !== '_sklearn_version')
  const isFitted = (name: string): boolean => name.startsWith('_') || name.endsWith('_')
  return {
    kind: 'estimator',
    module,
    className,
    ...(version !== undefined && { version }),
    params: new Map(all.filter(([name]) => !isFitted(name))),
    fitted: new Map(all.filter(([name]) => isFitted(name))),
  }
}

function integer(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
