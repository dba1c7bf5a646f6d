import type { FileTree } from '../../../formats/index.ts'
import type { ProgramNode, StoredTensor, TensorflowProgram } from '../../../formats/tensorflow/index.ts'
import { scopeOf } from '../scope.ts'
import { Contents } from './content.ts'
import type { Table, TableContent } from './tables.ts'
import { type Effect, effectsOf, traced } from './trace.ts'
import type { Variable } from './variables.ts'

/** Which variables and tables the graph has, and what is in them when the model has been loaded. */
export interface Resources {
  variable(node: ProgramNode): Promise<Variable>
  table(node: ProgramNode): Promise<Table>
}

/** By the node that makes the handle, and by the name that handles share. */
interface ByHandle<T> {
  readonly byNode: Map<ProgramNode, T>
  readonly byName: Map<string, T>
}

const none = <T>(): ByHandle<T> => ({ byNode: new Map(), byName: new Map() })

/**
 * Follows what TensorFlow does when it loads the model: it restores variables from the checkpoint, and fills tables.
 * So it needs no names of objects, and is the same for both versions of SavedModel.
 */
export async function loadResources(program: TensorflowProgram, tree: FileTree): Promise<Resources> {
  const main = scopeOf('the graph', program.nodes, [], [])
  const roots = [program.restore, ...program.initializers].filter(name => name !== '')
  const stored = none<StoredTensor>()
  const filled = none<TableContent>()
  const effects = await effectsOf(program, main, roots)
  const contents = new Contents(program, tree)
  /** Nodes whose values variables have. */
  const sources = none<ProgramNode>()
  for (const effect of effects) {
    const [handle, source] = [traced(effect, 0)?.node, traced(effect, 1)]
    if (!handle || !source || !isAssignment(effect)) continue
    put(sources, handle, source.node)
    const tensor = await contents.assigned(effect, 1)
    if (tensor) put(stored, handle, tensor)
  }
  for (const effect of effects) {
    const handle = traced(effect, 0)?.node
    if (!handle || isAssignment(effect)) continue
    const content = await contents.filled(effect, variable => get(sources, variable))
    if (content) put(filled, handle, content)
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

function isAssignment({ node }: Effect): boolean {
  return node.op.startsWith('Assign')
}

/** The name under which a session of TensorFlow keeps it: handles of one name are one variable. */
function sharedName({ name, attributes }: ProgramNode): string {
  const shared = attributes.get('shared_name')
  const text = shared?.kind === 'text' ? Buffer.from(shared.bytes).toString() : ''
  return text === '' ? name : text
}

function put<T>({ byNode, byName }: ByHandle<T>, node: ProgramNode, content: T): void {
  byNode.set(node, content)
  byName.set(sharedName(node), content)
}

function get<T>({ byNode, byName }: ByHandle<T>, node: ProgramNode): T | undefined {
  return byNode.get(node) ?? byName.get(sharedName(node))
}

function kept<T>({ byNode }: ByHandle<T>, node: ProgramNode, make: (name: string) => T): T {
  const known = byNode.get(node)
  if (known) return known
  const made = make(sharedName(node))
  byNode.set(node, made)
  return made
}
