import { expect, test } from 'vitest'
import { newId, randomText } from './ids.ts'

test('ids carry their kind, and letters that are not misheard', () => {
  expect(newId('pipeline')).toMatch(/^ppl_[0-9a-hjkmnp-tv-z]{20}$/)
})

test('ids made one after another sort in that order, within one millisecond too', () => {
  const ids = Array.from({ length: 20_000 }, () => newId('job'))
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.toSorted()).toEqual(ids)
})

test('random text has the length asked for and differs each time', () => {
  expect(randomText(0)).toBe('')
  const texts = new Set(Array.from({ length: 1000 }, () => randomText(16)))
  expect(texts.size).toBe(1000)
  for (const text of texts) expect(text).toMatch(/^[0-9a-hjkmnp-tv-z]{16}$/)
})
