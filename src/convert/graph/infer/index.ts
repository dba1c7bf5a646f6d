import { elementwise } from './elementwise.ts'
import type { InferredType, NodeToInfer, Rule } from './types.ts'

const RULES: Readonly<Record<string, Rule>> = { ...elementwise }

/** Types of what a node gives, with elements where they can be told; undefined where there is no rule for it. */
export function inferTypes(node: NodeToInfer): readonly InferredType[] | undefined {
  const key = node.domain === '' ? node.op : `${node.domain}.${node.op}`
  return Object.hasOwn(RULES, key) ? RULES[key]!(node) : undefined
}
