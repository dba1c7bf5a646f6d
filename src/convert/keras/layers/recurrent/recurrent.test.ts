import { beforeAll, expect, test } from 'vitest'
import { answersOf, compare } from '../../../../../test/fixtures/convert/keras-sequence/answers.ts'
import type { Npz } from '../../../../formats/index.ts'

let answers: Npz
beforeAll(async () => {
  answers = await answersOf('recurrent')
})

test.each([
  { file: 'lstm.keras', what: 'LSTM' },
  { file: 'gru.keras', what: 'GRU' },
  { file: 'simple-rnn.keras', what: 'SimpleRNN' },
  { file: 'bidirectional.keras', what: 'Bidirectional' },
  { file: 'cells.keras', what: 'RNN of cells and stacks' },
  { file: 'initial-states.keras', what: 'first states' },
  { file: 'unrolled.keras', what: 'unrolled layers' },
])('$what answers as Keras does, with masks anywhere and without', async ({ file }) => {
  for (const { name, number, error } of await compare(answers, file))
    expect(error, `output ${number}, ${name}`).toBeLessThan(1e-4)
})
