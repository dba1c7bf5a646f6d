import type { AttributeValue } from '../../../formats/tensorflow/index.ts'
import { REFUSED_OPS } from '../refused-ops.ts'
import { orderOf, type Scope } from '../scope.ts'
import type { Step } from '../step.ts'

/**
 * Looks at the ops of functions that can't be gone through, as what they get is refused: their owner hears of those
 * that have no ONNX form.
 */
export async function scanFunctions(step: Step, names: readonly string[]): Promise<void> {
  const scopes: Scope[] = []
  for (const name of names) scopes.push(await step.walk.functionOf(name, step.node))
  await scanScopes(step, scopes)
}

/** As `scanFunctions`, of scopes. */
export async function scanScopes({ node, walk, source }: Step, scopes: readonly Scope[]): Promise<void> {
  const seen = new Set(scopes)
  for (const scope of seen)
    for (const one of orderOf(scope, scope.results)) {
      const called = [...one.attributes.values()].flatMap(functionsOf)
      if (await walk.program.function(one.op)) called.push(one.op)
      for (const name of called) seen.add(await walk.functionOf(name, node))
      const known = walk.isKnown(one.op) || called.includes(one.op)
      if (known) continue
      const refused = Object.hasOwn(REFUSED_OPS, one.op) ? REFUSED_OPS[one.op] : undefined
      walk.refusals.add({ name: `${source.name}/${one.name}`, kind: one.op }, refused?.why, refused?.hint)
    }
}

function functionsOf(value: AttributeValue): readonly string[] {
  if (value.kind === 'function') return [value.name]
  return value.kind === 'list' ? value.items.flatMap(functionsOf) : []
}
