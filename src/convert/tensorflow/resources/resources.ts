import type { FileTree } from '../../../formats/index.ts'
import {
  inputCount,
  type ProgramNode,
  type StoredTensor,
  type TensorflowProgram,
} from '../../../formats/tensorflow/index.ts'
import { elementsOf } from '../constants.ts'
import { invalidNode } from '../errors.ts'
import { scopeOf } from '../scope.ts'
import { partOf } from './slices.ts'
import type { Table, TableContent } from './tables.ts'
import { type Effect, effectsOf, type Origin, traced, tracedFrom } from './trace.ts'
import type { Variable } from './variables.ts'

/** Which variables and tables the graph has, and what is in them when the model has been loaded. */
export interface Resources {
  variable(node: ProgramNode): Promise<Variable>
  table(node: ProgramNode): Promise<Table>
}

/** Content by the node that makes the handle, and by the name that handles share. */
interface Contents<T> {
  readonly byNode: Map<ProgramNode, T>
  readonly byName: Map<string, T>
}

const none = <T>(): Contents<T> => ({ byNode: new Map(), byName: new Map() })

/**
 * Follows what TensorFlow does when it loads the model: it restores variables from the checkpoint, and fills tables.
 * So it needs no names of objects, and is the same for both versions of SavedModel.
 */
export async function loadResources(program: TensorflowProgram, tree: FileTree): Promise<Resources> {
  const main = scopeOf('the graph', program.nodes, [], [])
  const roots = [program.restore, ...program.initializers].filter(name => name !== '')
  const stored = none<StoredTensor>()
  const filled = none<TableContent>()
  for (const effect of await effectsOf(program, main, roots)) {
    const handle = traced(effect, 0)?.node
    if (!handle) continue
    if (effect.node.op.startsWith('Assign')) {
      const tensor = await assignedOf(effect, traced(effect, 1), program)
      if (tensor) put(stored, handle, tensor)
    } else {
      const content = await contentOf(effect, program, tree)
      if (content) put(filled, handle, content)
    }
  }
  const [variables, tables] = [none<Variable>(), none<Table>()]
  return {
    variable: async node =>
      kept(variables, node, name => ({
        name,
        stored: get(stored, node) ?? program.checkpoint(name) ?? program.checkpoint(node.name),
      })),
    table: async node => kept(tables, node, name => ({ name, content: get(filled, node) })),
  }
}

/** The name under which a session of TensorFlow keeps it: handles of one name are one variable. */
function sharedName({ name, attributes }: ProgramNode): string {
  const shared = attributes.get('shared_name')
  const text = shared?.kind === 'text' ? Buffer.from(shared.bytes).toString() : ''
  return text === '' ? name : text
}

function put<T>({ byNode, byName }: Contents<T>, node: ProgramNode, content: T): void {
  byNode.set(node, content)
  byName.set(sharedName(node), content)
}

function get<T>({ byNode, byName }: Contents<T>, node: ProgramNode): T | undefined {
  return byNode.get(node) ?? byName.get(sharedName(node))
}

function kept<T>(contents: Contents<T>, node: ProgramNode, make: (name: string) => T): T {
  const known = contents.byNode.get(node)
  if (known) return known
  const made = make(sharedName(node))
  contents.byNode.set(node, made)
  return made
}

/** What is assigned: a tensor of the checkpoint, or a constant. */
async function assignedOf(
  effect: Effect,
  origin: Origin | undefined,
  program: TensorflowProgram,
): Promise<StoredTensor | undefined> {
  if (!origin) return undefined
  const { node, output } = origin
  if (node.op === 'Const') {
    const value = node.attributes.get('value')
    return value?.kind === 'tensor' ? value.tensor : undefined
  }
  if (node.op !== 'RestoreV2') return undefined
  const [keys, slices] = [
    await textsOf(tracedFrom(effect, origin, 1)),
    await textsOf(tracedFrom(effect, origin, 2)),
  ]
  const stored = program.checkpoint(keys[output] ?? '')
  if (!stored) return undefined
  const part = partOf(stored, slices[output] ?? '')
  if (part) return part
  throw invalidNode(
    node,
    `the part '${slices[output]}' is not in the tensor '${keys[output]}' of the checkpoint`,
  )
}

async function textsOf(origin: Origin | undefined): Promise<readonly string[]> {
  const value = origin?.node.op === 'Const' ? origin.node.attributes.get('value') : undefined
  if (value?.kind !== 'tensor' || !value.tensor.text) return []
  return (await elementsOf(value.tensor, 'string')).elements.map(String)
}

async function contentOf(
  effect: Effect,
  program: TensorflowProgram,
  tree: FileTree,
): Promise<TableContent | undefined> {
  const { node } = effect
  const count = inputCount(node.op)?.least ?? 2
  if (count === 3) {
    const [keys, values] = [
      await assignedOf(effect, traced(effect, 1), program),
      await assignedOf(effect, traced(effect, 2), program),
    ]
    return keys && values && { kind: 'elements', keys, values }
  }
  const file = traced(effect, 1)?.node
  const path = file && program.assets.get(file.name)
  return path === undefined ? undefined : { kind: 'file', path, tree, node }
}
