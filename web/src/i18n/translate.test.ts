import { expect, test } from 'vitest'
import { en, type MessageKey } from './en.ts'
import { formatter } from './format.ts'
import type { Message } from './message.ts'
import { preferredLanguage, translator } from './translate.ts'
import { zh } from './zh.ts'

const keys = Object.keys(en) as MessageKey[]
const textsOf = (message: Message) => (typeof message === 'string' ? [message] : [message.one, message.other])
const namesIn = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(match => match[1]).toSorted()

test('Chinese has every message, with the same names to fill in', () => {
  expect(Object.keys(zh).toSorted()).toEqual(keys.toSorted())
  for (const key of keys) {
    const [first = ''] = textsOf(en[key])
    for (const text of [...textsOf(en[key]), ...textsOf(zh[key])])
      expect([key, namesIn(text)]).toEqual([key, namesIn(first)])
  }
})

test('no message is empty, and no Chinese one was left in English', () => {
  // Words that are the same in both: symbols, formats, names of things.
  const same = ['fleet.latency', 'serving.none', 'rollout.full', 'try.json']
  for (const key of keys) {
    for (const text of textsOf(zh[key])) {
      expect(text).not.toBe('')
      if (!same.includes(key)) expect([key, /[\u4e00-\u9fff]/.test(text)]).toEqual([key, true])
    }
  }
})

test.each([
  [1, '1 day'],
  [2, '2 days'],
  [1000, '1,000 days'],
])('%i is counted as %s', (n, text) => {
  expect(translator('en')('tokens.days', { n })).toBe(text)
})

test('a value that looks like a name is not filled in again', () => {
  expect(translator('en')('tokens.revokeAsk', { name: '{n} $& $1' })).toBe('Revoke the token “{n} $& $1”?')
})

test.each([
  [['de', 'zh-TW', 'en'], 'zh'],
  [['fr'], 'en'],
  [['en-GB', 'zh'], 'en'],
  [[], 'en'],
] as const)('of %j it speaks %s', (wanted, language) => {
  expect(preferredLanguage(wanted)).toBe(language)
})

test.each([
  ['latency_p99', 0.4215, '0.422 ms'],
  ['latency_p50', 72_500, '1 min 12 sec'],
  ['size', 424_806, '425 kB'],
  ['accuracy', 0.987, '98.7%'],
  ['log_loss', 0.039581, '0.03958'],
])('%s %d is shown as %s', (metric, value, text) => {
  expect(formatter('en').metric(metric, value)).toBe(text)
})

test('time that has passed is told in the largest unit that fits', () => {
  const { ago } = formatter('en')
  const now = Date.parse('2026-11-20T12:00:00Z')
  expect(ago('2026-11-20T11:59:30Z', now)).toBe('30 sec. ago')
  expect(ago('2026-11-20T09:00:00Z', now)).toBe('3 hr. ago')
  expect(ago('2026-11-27T12:00:00Z', now)).toBe('in 7 days')
})
