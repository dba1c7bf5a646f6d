import { describe, expect, test } from 'vitest'
import { answersOf, errorsOf, filesOf } from '../../../test/fixtures/convert/keras/answers.ts'

const TOLERANCE = 1e-4

describe.each(['image', 'layer'])('models of %s', async part => {
  const answers = await answersOf(part)
  test.each(filesOf(answers))('%s answers as Keras does', async file => {
    const errors = await errorsOf(answers, file)
    expect(Object.entries(errors).filter(([, error]) => !(error < TOLERANCE))).toEqual([])
  })
})
