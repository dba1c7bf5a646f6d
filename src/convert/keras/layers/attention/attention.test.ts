import { beforeAll, expect, test } from 'vitest'
import { answersOf, compare } from '../../../../../test/fixtures/convert/keras-sequence/answers.ts'
import type { Npz } from '../../../../formats/index.ts'

let answers: Npz
beforeAll(async () => {
  answers = await answersOf('attention')
})

test.each([
  { file: 'attention.keras', what: 'Attention and AdditiveAttention' },
  { file: 'multi-head-attention.keras', what: 'MultiHeadAttention' },
  { file: 'grouped-query-attention.keras', what: 'GroupQueryAttention' },
  { file: 'attention-masked.keras', what: 'attention to masked tensors' },
  { file: 'attention-masked.h5', what: 'attention of Keras 3 in HDF5' },
])('$what answers as Keras does', async ({ file }) => {
  for (const { name, number, error } of await compare(answers, file))
    expect(error, `output ${number}, ${name}`).toBeLessThan(1e-4)
})
