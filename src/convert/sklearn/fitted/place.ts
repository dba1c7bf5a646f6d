import { ConvertError } from '../../errors.ts'

/** Whose attribute it is: `steps.scaler`, `StandardScaler`, `mean_`. */
export interface Place {
  readonly path: string
  readonly className: string
  readonly attribute: string
}

/** CONVERT_INVALID for what an attribute is or lacks: `steps.scaler (StandardScaler): 'mean_' is missing`. */
export function invalidAt(
  { path, className, attribute }: Place,
  what: string,
  offset?: number,
): ConvertError {
  return new ConvertError('CONVERT_INVALID', {
    message: `${path} (${className}): '${attribute.slice(0, 200)}' ${what}${offset === undefined ? '' : ` (at byte ${offset})`}`,
    hint: 'Save the fitted estimator again with joblib.dump or pickle.dump.',
    details: { estimator: path, className, attribute, ...(offset !== undefined && { offset }) },
  })
}

export function limitAt({ path, className, attribute }: Place, what: string): ConvertError {
  return new ConvertError('CONVERT_LIMIT', {
    message: `${path} (${className}): '${attribute.slice(0, 200)}' ${what}`,
    hint: 'No real model needs as much; check where the file comes from.',
    details: { estimator: path, className, attribute },
  })
}
