import { beforeAll, expect, test } from 'vitest'
import { answersOf, compare } from '../../../../../test/fixtures/convert/keras-sequence/answers.ts'
import type { Npz } from '../../../../formats/index.ts'

let answers: Npz
beforeAll(async () => {
  answers = await answersOf('sequence')
})

test.each([
  { file: 'embeddings.keras', what: 'embeddings of integers and floats' },
  { file: 'masks.keras', what: 'masks, found and given' },
  { file: 'masks.h5', what: 'masks of Keras 3 in HDF5' },
  { file: 'time-distributed.keras', what: 'layers, models and recurrences over time' },
  { file: 'conv-lstm.keras', what: 'recurrences over images' },
])('$what answer as Keras does', async ({ file }) => {
  for (const { name, number, error } of await compare(answers, file))
    expect(error, `output ${number}, ${name}`).toBeLessThan(1e-4)
})
