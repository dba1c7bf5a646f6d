import { beforeAll, expect, test } from 'vitest'
import { answersOf, compare } from '../../../../../test/fixtures/convert/keras-sequence/answers.ts'
import type { Npz } from '../../../../formats/index.ts'

let answers: Npz
beforeAll(async () => {
  answers = await answersOf('merge')
})

test.each([
  { file: 'merges.keras', what: 'merges of ranks and types' },
  { file: 'merges-masked.keras', what: 'merges of masked tensors' },
  { file: 'dots.keras', what: 'products along axes' },
])('$what answer as Keras does', async ({ file }) => {
  for (const { name, number, error } of await compare(answers, file))
    expect(error, `output ${number}, ${name}`).toBeLessThan(1e-4)
})
