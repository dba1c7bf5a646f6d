import { expect, test } from 'vitest'
import { pushOptions, skipReason } from './skip.ts'

test.each([
  ['push', 'Fix [skip ci]', "the commit's message has [skip ci]"],
  ['push', 'Fix\n\n[CI SKIP]', "the commit's message has [CI SKIP]"],
  ['tag', '[ci-skip]', "the commit's message has [ci-skip]"],
  ['merge_request', '[skip ci]', "the commit's message has [skip ci]"],
  ['push', 'skip ci', undefined],
  ['push', '[skip  ci]', undefined],
  ['schedule', '[skip ci]', undefined],
  ['manual', '[skip ci]', undefined],
  ['api', '[skip ci]', undefined],
  ['child', '[skip ci]', undefined],
] as const)('%s with %j', (event, message, reason) => {
  expect(skipReason(event, message, { skip: false })).toBe(reason)
})

test('an option of the push skips branches and tags', () => {
  expect(skipReason('push', 'Fix', { skip: true })).toBe('the push has the option ci.skip')
  expect(skipReason('tag', 'Fix', { skip: true })).toBe('the push has the option ci.skip')
  expect(skipReason('merge_request', 'Fix', { skip: true })).toBeUndefined()
})

test('options of a push', () => {
  expect(
    pushOptions([
      'ci.variable=MAX_RETRIES=10',
      'ci.variable="NAME=a b=c"',
      'ci.variable=EMPTY=',
      'ci.variable=__proto__=x',
      'ci.input=stage=test',
      'ci.variable',
      'merge_request.create',
    ]),
  ).toEqual({
    skip: false,
    variables: Object.fromEntries([
      ['MAX_RETRIES', '10'],
      ['NAME', 'a b=c'],
      ['EMPTY', ''],
      ['__proto__', 'x'],
    ]),
    inputs: { stage: 'test' },
  })
  expect(pushOptions(['ci.skip']).skip).toBe(true)
})
