import { BallastError, nearestName } from '../../../core/index.ts'
import { CHANGE_NAMES, changeOf } from '../../../optimize/index.ts'

/** The change of a name. Throws ARGUMENT_INVALID with the nearest name. */
export function changeNamed(name: string): NonNullable<ReturnType<typeof changeOf>> {
  const found = changeOf(name)
  if (found) return found
  const nearest = nearestName(name, CHANGE_NAMES)
  throw new BallastError('ARGUMENT_INVALID', {
    message: `There is no change '${name}'; there are ${CHANGE_NAMES.join(', ')}`,
    hint: nearest ? `Did you mean '${nearest}'?` : '`ballast optimize --help` says what each does.',
  })
}
