import type { Estimator, EstimatorValue } from '../../../../formats/index.ts'
import type { Fitted } from '../../estimator.ts'
import { isKind, isList, told } from '../../fitted/fitted.ts'

/** A named part of a Pipeline, FeatureUnion or ColumnTransformer. */
export interface Step {
  /** `steps.scaler`. */
  readonly name: string
  readonly key: string
  readonly part: Estimator | 'passthrough' | 'drop'
  /** Of a ColumnTransformer: which columns. */
  readonly columns?: EstimatorValue
}

/** (name, estimator) or (name, transformer, columns). Throws CONVERT_INVALID for anything else. */
export function stepsOf(estimator: Fitted, attribute: string): readonly Step[] {
  return estimator.list(attribute).map((item): Step => {
    const [key, part, columns] = isList(item) ? item : []
    if (typeof key !== 'string')
      throw estimator.invalid(attribute, `holds ${told(item)}, and (name, estimator) is expected`)
    const name = `${attribute.replace(/_(list)?$/, '')}.${key.slice(0, 200)}`
    return { name, key, part: partOf(estimator, attribute, part), ...(columns !== undefined && { columns }) }
  })
}

function partOf(estimator: Fitted, attribute: string, part: EstimatorValue | undefined): Step['part'] {
  // None is the old word for passthrough in a Pipeline, and for drop in a FeatureUnion.
  if (part === null) return attribute === 'steps' ? 'passthrough' : 'drop'
  if (part === 'passthrough' || part === 'drop') return part
  if (isKind(part, 'estimator')) return part
  throw estimator.invalid(attribute, `holds ${told(part)}, and an estimator is expected`)
}
