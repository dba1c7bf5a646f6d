import { expect, test } from 'vitest'
import { readFeedback } from './feedback.ts'

const read = (text: string) => readFeedback(Buffer.from(text))

test.each([
  ['one', '{"id":"a","label":"cat"}', 1],
  ['a list', '[{"id":"a","label":3},{"id":"b","score":0.5}]', 2],
  ['lines', '{"id":"a","label":["x","y"]}\n\n{"id":"b","reward":-3,"model":"m","environment":"e"}\n', 2],
  ['an empty list', '[]', 0],
  ['nothing', '', 0],
])('%s', (_name, text, count) => {
  expect(read(text)).toHaveLength(count)
})

test.each([
  ['{"id":"a"}', 'a label, a score or a reward is missing'],
  ['{"label":"a"}', 'Item 1: id'],
  ['[{"id":"a","label":1},{"id":"b","score":2}]', 'Item 2: score'],
  ['{"id":"a","label":{"deep":1}}', 'Item 1: label'],
  ['{"id":"a","label":"x","__proto__":{"score":1}}', '__proto__'],
  ['{"id":"a","label":1e300}', 'Item 1: label'],
  ['{"id":"a","reward":"1"}', 'Item 1: reward'],
  [`{"id":"${'x'.repeat(129)}","label":1}`, 'Item 1: id'],
  [`{"id":"a","label":[${'1,'.repeat(1024)}1]}`, 'Item 1: label'],
  ['{"id":"a","label":1}\n{"id":', 'Line 2 is no JSON'],
  [JSON.stringify(Array.from({ length: 1001 }, () => ({ id: 'a', label: 1 }))), 'There are 1001 items'],
  ['['.repeat(100_000), 'Line 1 is no JSON'],
  [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'Item 1'],
  ['"text"', 'Item 1'],
])('%.60s: %s', (text, message) => {
  expect(() => read(text)).toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringContaining(message) }),
  )
})
