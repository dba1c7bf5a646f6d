import type { EstimatorConverter } from '../../estimator.ts'
import { stepsOf } from './steps.ts'

/** Steps one after another: the last predicts or transforms, as is asked for; those before it transform. */
export const pipeline: EstimatorConverter = {
  async convert({ estimator, input, purpose, transform, convert }) {
    const steps = stepsOf(estimator, 'steps')
    let columns = input
    for (const [i, { name, part }] of steps.entries()) {
      if (typeof part === 'string') continue
      if (i === steps.length - 1) return convert(name, part, columns, purpose)
      columns = await transform(name, part, columns)
    }
    return { kind: 'features', columns }
  },
  async input(estimator, ask) {
    for (const { name, part } of stepsOf(estimator, 'steps')) {
      const input = typeof part === 'string' ? undefined : await ask(name, part)
      if (input) return input
    }
    return undefined
  },
}
