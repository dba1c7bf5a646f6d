import { control } from './control.ts'
import { elementwise } from './elementwise.ts'
import { withKnown } from './known/index.ts'
import { layout } from './layout.ts'
import { make } from './make.ts'
import { matmul } from './matmul.ts'
import { ml } from './ml.ts'
import { nn } from './nn.ts'
import { quantize } from './quantize.ts'
import { MAX_RANK, unfit } from './read.ts'
import { reductions } from './reduce.ts'
import { select } from './select.ts'
import { text } from './text.ts'
import type { InferredType, NodeToInfer, Rule } from './types.ts'
import { windows } from './windows.ts'

export { rounded } from './known/dtypes.ts'
export { elementsOf, MAX_KNOWN } from './known/elements.ts'
export { broadcastFrom } from './known/strides.ts'
export { isStatic } from './sizes.ts'

const RULES: Readonly<Record<string, Rule>> = {
  ...elementwise,
  ...matmul,
  ...windows,
  ...nn,
  ...reductions,
  ...layout,
  ...select,
  ...make,
  ...quantize,
  ...text,
  ...ml,
  ...control,
}

/** Operators that have a rule, with their domain. */
export const RULED: readonly string[] = Object.keys(RULES)

/**
 * Types of what a node gives, with elements where they can be told; undefined where there is no rule for it.
 * Throws ONNX_MALFORMED for inputs that don't fit each other.
 */
export function inferTypes(node: NodeToInfer): readonly InferredType[] | undefined {
  const key = node.domain === '' ? node.op : `${node.domain}.${node.op}`
  if (!Object.hasOwn(RULES, key)) return undefined
  const types = RULES[key]!(node)
  for (const { shape } of types ?? []) checkShape(node, shape)
  return types && withKnown(node, types)
}

function checkShape({ op }: NodeToInfer, shape: InferredType['shape']): void {
  if (!shape) return
  if (shape.length > MAX_RANK) throw unfit(`${op} gives a tensor of ${shape.length} axes`)
  for (const size of shape)
    if (typeof size === 'number' && !(Number.isSafeInteger(size) && size >= 0))
      throw unfit(`${op} gives a tensor of shape [${shape.join(', ')}]`)
}
