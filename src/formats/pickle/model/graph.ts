import type { GraphNode, ModelGraph } from '../../types.ts'
import { attributesOf, classOf, integerOf, nameOf, textOf } from '../classes.ts'
import { arrayOf } from '../numpy/array.ts'
import type { PickleCall, PickleNode } from '../types.ts'
import { isSimple, plainOf } from './plain.ts'

/** Trees or steps that are looked at; the count of operators is of these. */
const MAX_PARTS = 10_000
/** Pipelines within pipelines. */
const MAX_DEPTH = 8

/** Where scikit-learn's composites have their steps: (name, estimator) or (name, transformer, columns). */
const STEPS: ReadonlyMap<string, readonly string[]> = new Map([
  ['Pipeline', ['steps']],
  ['ColumnTransformer', ['transformers_', 'transformers']],
  ['FeatureUnion', ['transformer_list']],
])

/** The steps of a pipeline in order, or the trees of a forest; undefined where the root is neither. */
export async function graphOf(root: PickleNode): Promise<ModelGraph | undefined> {
  if (root.kind !== 'call') return undefined
  const global = classOf(root)
  if (!global) return undefined
  const name = nameOf(global).name
  const nodes: GraphNode[] = []
  // Parts may be shared and hold themselves: what is looked at counts, whether it gives a node or not.
  const budget = { left: MAX_PARTS }
  if (STEPS.has(name)) {
    await addSteps({ call: root, className: name, prefix: '', inputs: [], nodes, depth: 0, budget })
    return { name, kind: 'layers', nodes, subgraphs: [], operators: operatorsOf(nodes) }
  }
  addTrees(root, nodes, budget)
  if (nodes.length === 0) return undefined
  return { name, kind: 'trees', nodes, subgraphs: [], operators: operatorsOf(nodes) }
}

interface Budget {
  left: number
}

interface Composite {
  readonly call: PickleCall
  readonly className: string
  readonly prefix: string
  readonly inputs: readonly string[]
  readonly nodes: GraphNode[]
  readonly depth: number
  readonly budget: Budget
}

/** Adds the steps of one composite; gives the names of those whose output is its own. */
async function addSteps(composite: Composite): Promise<readonly string[]> {
  const { call, className, prefix, inputs, nodes, budget } = composite
  const attributes = attributesOf(call)
  const steps = (STEPS.get(className) ?? [])
    .map(name => attributes.get(name))
    .find(node => node?.kind === 'list')
  const sequential = className === 'Pipeline'
  const ends: string[] = []
  let from = inputs
  for (const step of steps?.kind === 'list' ? steps.items : []) {
    if (--budget.left < 0) break
    if (step.kind !== 'tuple') continue
    const [label, part, columns] = step.items
    const name = `${prefix}${textOf(label)?.slice(0, 200) ?? nodes.length}`
    const outputs = await addStep(composite, { name, part, columns, inputs: from })
    if (sequential) from = outputs
    else ends.push(...outputs)
  }
  return sequential ? from : ends
}

interface Step {
  readonly name: string
  readonly part: PickleNode | undefined
  readonly columns: PickleNode | undefined
  readonly inputs: readonly string[]
}

async function addStep(
  { nodes, depth, budget }: Composite,
  { name, part, columns, inputs }: Step,
): Promise<readonly string[]> {
  const global = part?.kind === 'call' ? classOf(part) : undefined
  const named = global && nameOf(global)
  if (part?.kind === 'call' && named && STEPS.has(named.name) && depth < MAX_DEPTH) {
    const inner = { call: part, className: named.name, prefix: `${name}/`, inputs, nodes, budget }
    return addSteps({ ...inner, depth: depth + 1 })
  }
  const chosen = columns && isSimple(columns) ? await plainOf(columns) : undefined
  nodes.push({
    name,
    op: named?.name ?? textOf(part) ?? 'passthrough',
    ...(named && { domain: named.module }),
    inputs,
    outputs: [name],
    ...(chosen !== undefined && { attributes: { columns: chosen } }),
  })
  return [name]
}

/** The trees of `estimators_` (a list, or an array by rounds and classes), and of HistGradientBoosting's `_predictors`. */
function addTrees(root: PickleCall, nodes: GraphNode[], budget: Budget): void {
  const attributes = attributesOf(root)
  for (const from of ['estimators_', '_predictors']) {
    const list = attributes.get(from)
    if (list) addTreesOf(from, list, nodes, 0, budget)
  }
}

function addTreesOf(name: string, node: PickleNode, nodes: GraphNode[], depth: number, budget: Budget): void {
  if (depth > 2) return
  const items = node.kind === 'list' ? node.items : arrayOf(node)?.objects
  if (items) {
    for (const [i, item] of items.entries()) {
      if (--budget.left < 0) return
      addTreesOf(`${name}[${i}]`, item, nodes, depth + 1, budget)
    }
    return
  }
  if (node.kind !== 'call') return
  const global = classOf(node)
  const attributes = attributesOf(node)
  const tree = attributes.get('tree_')
  const inner = tree?.kind === 'call' ? attributesOf(tree) : attributes
  const records = inner.get('nodes')
  const count = records && arrayOf(records)?.shape[0]
  if (!global || count === undefined) return
  const depthOf = integerOf(inner.get('max_depth'))
  nodes.push({
    name,
    op: nameOf(global).name,
    domain: nameOf(global).module,
    inputs: [],
    outputs: [],
    attributes: { nodes: count, ...(depthOf !== undefined && { depth: depthOf }) },
  })
}

function operatorsOf(nodes: readonly GraphNode[]): ModelGraph['operators'] {
  const counts = new Map<string, { name: string; domain?: string; count: number }>()
  for (const { op, domain } of nodes) {
    const key = JSON.stringify([domain, op])
    const known = counts.get(key)
    if (known) known.count++
    else counts.set(key, { name: op, ...(domain !== undefined && { domain }), count: 1 })
  }
  return Array.from(counts.values()).sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
}
