import type { Location } from '../../../../../core/index.ts'
import { type Located, quote } from '../../../../yaml/located.ts'
import type { DocumentFindings } from '../findings.ts'
import { MAX_FUNCTIONS } from '../limits.ts'
import { applyFunction } from './functions.ts'

/** What `$[[ … ]]` can refer to in one file. */
export interface BlockContext {
  readonly inputs: ReadonlyMap<string, Located>
  /** Facts of a component about itself; empty in other files. */
  readonly component: ReadonlyMap<string, Located>
  expand(text: string): string
}

/**
 * The value of a block: `inputs.job-stage`, `inputs.name | expand_vars | truncate(0,8)`. Undefined with a finding;
 * 'kept' where it is not for this time: `matrix.X` is filled in when the matrix is.
 */
export function evaluateBlock(
  data: string,
  at: Location,
  context: BlockContext,
  findings: DocumentFindings,
): Located | 'kept' | undefined {
  const [access = '', ...functions] = data.split('|').map(part => part.trim())
  const dot = access.indexOf('.')
  const place = access.slice(0, dot)
  if (place === 'matrix') return 'kept'
  const wrong = (message: string, facts: { hint?: string } = {}) =>
    findings.error(at, 'INTERPOLATION_INVALID', message, facts)
  if (dot < 0 || (place !== 'inputs' && place !== 'component')) {
    return wrong(`Unknown value ${quote(access)} in $[[ ]]`, { hint: 'write $[[ inputs.name ]]' })
  }
  const values = context[place]
  let value = values.get(access.slice(dot + 1))
  if (!value)
    return wrong(`Unknown value ${quote(access)} in $[[ ]]`, unknownHint(place, access, context, findings))
  if (functions.length > MAX_FUNCTIONS)
    return wrong(`There are more than ${MAX_FUNCTIONS} functions in one $[[ ]]`)
  for (const written of functions) {
    const applied = applyFunction(written, value, context.expand)
    if ('problem' in applied) {
      return wrong(applied.problem, applied.hint === undefined ? {} : { hint: applied.hint })
    }
    value = applied.value
  }
  return value
}

function unknownHint(
  place: 'inputs' | 'component',
  access: string,
  context: BlockContext,
  findings: DocumentFindings,
): { hint?: string } {
  const names = [...context[place].keys()].map(name => `${place}.${name}`)
  const nearest = findings.nearest(access, names)
  if (nearest.hint !== undefined) return nearest
  return place === 'inputs'
    ? { hint: 'add it to spec: inputs: of this file' }
    : { hint: 'a component knows its name, sha, version and reference where spec: component: lists them' }
}
