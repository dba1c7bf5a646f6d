import { describe, expect, test } from 'vitest'
import { answersOf, errorsOf, filesOf } from '../../../test/fixtures/convert/keras/answers.ts'

const TOLERANCE = 1e-4
/** Sums in float16, which TensorFlow rounds at each step. */
const HALF_TOLERANCE = 1e-2

describe.each(['image', 'layer', 'wiring', 'generations', 'generation-1', 'tfjs'])(
  'models of %s',
  async part => {
    const answers = await answersOf(part)
    test.each(filesOf(answers))('%s answers as Keras does', async file => {
      const tolerance = file.startsWith('mixed-precision') ? HALF_TOLERANCE : TOLERANCE
      const errors = await errorsOf(answers, file)
      expect(Object.entries(errors).filter(([, error]) => !(error < tolerance))).toEqual([])
    })
  },
)
