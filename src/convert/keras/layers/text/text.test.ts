import { beforeAll, expect, test } from 'vitest'
import { answersOf, compare } from '../../../../../test/fixtures/convert/keras-sequence/answers.ts'
import type { Npz } from '../../../../formats/index.ts'

let answers: Npz
beforeAll(async () => {
  answers = await answersOf('text')
})

test.each([
  { file: 'text-vectorization.keras', what: 'words, characters and grams' },
  { file: 'lookups.keras', what: 'lookups' },
  { file: 'categories.keras', what: 'categories and bins' },
])('$what answer as Keras does', async ({ file }) => {
  for (const { name, number, error } of await compare(answers, file))
    expect(error, `output ${number}, ${name}`).toBeLessThan(1e-4)
})
