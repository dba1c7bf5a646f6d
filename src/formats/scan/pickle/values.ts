import type { PickleGlobal, PickleNode, PickleRun } from '../../pickle/types.ts'
import { consumed } from './calls.ts'
import type { Standing } from './globals.ts'

/**
 * Loading functions that stand as values: in a list, an attribute, an argument. A function that is vouched for with
 * certain arguments only would then be called with others, later.
 */
export function keptFunctions(
  run: PickleRun,
  standing: (global: PickleGlobal) => Standing,
): ReadonlySet<PickleGlobal> {
  const functions = new Set(run.globals.filter(global => isFunction(standing(global))))
  const kept = new Set<PickleGlobal>()
  if (functions.size === 0) return kept
  const seen = new Set<PickleNode>()
  const todo: PickleNode[] = run.root ? [run.root] : []
  const visit = (nodes: readonly PickleNode[]): void => {
    for (const node of nodes) {
      if (node.kind === 'global') {
        if (functions.has(node)) kept.add(node)
      } else if (NESTING.has(node.kind) && !seen.has(node)) {
        seen.add(node)
        todo.push(node)
      }
    }
  }
  visit(run.calls)
  for (const { values } of run.mutations) visit(values)
  while (todo.length > 0) visitParts(todo.pop()!, visit)
  return kept
}

const NESTING: ReadonlySet<PickleNode['kind']> = new Set([
  'tuple',
  'list',
  'set',
  'dict',
  'call',
  'persistent',
])

function visitParts(node: PickleNode, visit: (nodes: readonly PickleNode[]) => void): void {
  if (node.kind === 'tuple' || node.kind === 'list' || node.kind === 'set') visit(node.items)
  else if (node.kind === 'dict') for (const entry of node.entries) visit(entry)
  else if (node.kind === 'persistent') visit([node.id])
  else if (node.kind === 'call') {
    const used = consumed(node)
    const parts = node.args.kind === 'tuple' ? node.args.items : [node.args]
    visit(parts.filter(part => part.kind !== 'global' || !used.includes(part)))
    visit(node.states)
    visit(node.items)
    for (const entry of node.entries) visit(entry)
    if (node.kwargs) visit([node.kwargs])
  }
}

function isFunction(standing: Standing): boolean {
  return standing.kind === 'allowed' && standing.entry.kind === 'function'
}
