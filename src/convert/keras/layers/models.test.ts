import { expect, test } from 'vitest'
import { answersOf, compare } from '../../../../test/fixtures/convert/keras-sequence/answers.ts'

const MODELS = [
  { part: 'models', file: 'sentiment.keras', what: 'a sentiment of texts' },
  { part: 'models', file: 'sequential-sentiment.keras', what: 'a sentiment of words' },
  { part: 'models', file: 'encoder-block.keras', what: 'an encoder' },
  { part: 'models', file: 'masked-encoder.keras', what: 'an encoder whose masks come and go' },
  { part: 'models', file: 'recommender.keras', what: 'a recommender' },
  { part: 'models', file: 'encoder-decoder.keras', what: 'an encoder and a decoder' },
  { part: 'models', file: 'weather.keras', what: 'a forecast of images' },
  { part: 'models', file: 'series.keras', what: 'a forecast of numbers' },
  { part: 'legacy', file: 'legacy-recurrent.h5', what: 'recurrent layers of Keras 2' },
  { part: 'legacy', file: 'legacy-masks.h5', what: 'masks of Keras 2' },
  { part: 'legacy', file: 'legacy-images.h5', what: 'images over time of Keras 2' },
  { part: 'legacy', file: 'legacy-categories.h5', what: 'categories of Keras 2' },
] as const

test.each(MODELS)('$what: answers as its Keras does', async ({ part, file }) => {
  for (const { name, number, error } of await compare(await answersOf(part), file))
    expect(error, `output ${number}, ${name}`).toBeLessThan(1e-4)
})
