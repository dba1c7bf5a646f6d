import { Refusal } from '../../../refusals.ts'
import type { Fitted } from '../../estimator.ts'
import { told } from '../../fitted/fitted.ts'

/** A Refusal where a parameter is a function of the user's. */
export function refuseFunction(estimator: Fitted, name: string): void {
  if (estimator.isNone(name)) return
  throw new Refusal(
    `${name}=${told(estimator.value(name))}: a function is a program, and programs are not converted`,
    'Do its work before the model, or with the parameters that scikit-learn has for it.',
  )
}
