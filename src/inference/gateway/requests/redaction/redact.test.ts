import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_DEPTH, redacted } from './redact.ts'
import { Redaction } from './rules.ts'

const SECRET = 's3cr3t-value'
const of = (document: unknown, ...rules: string[]): unknown =>
  JSON.parse(JSON.stringify(redacted(document, new Redaction(rules), 'inputs')))

test.each([
  ['user.email', { user: { email: SECRET, name: 'a' } }, { user: { email: '[redacted]', name: 'a' } }],
  ['user.email', { email: 'kept', user: 1 }, { email: 'kept', user: 1 }],
  ['user.email', { rows: [{ user: { email: SECRET } }] }, { rows: [{ user: { email: '[redacted]' } }] }],
  ['email', { a: { email: { deep: SECRET } } }, { a: { email: '[redacted]' } }],
  ['user.*', { user: { a: SECRET, b: [SECRET] } }, { user: { a: '[redacted]', b: '[redacted]' } }],
  ['*.phone', { a: { phone: SECRET } }, { a: { phone: '[redacted]' } }],
  ['inputs.image', { image: SECRET, k: 1 }, { image: '[redacted]', k: 1 }],
  ['inputs.image', { instances: [{ image: SECRET, k: 1 }] }, { instances: [{ image: '[redacted]', k: 1 }] }],
  ['inputs.image', { inputs: { image: [SECRET] } }, { inputs: { image: '[redacted]' } }],
  [
    'inputs.image',
    { inputs: [{ name: 'image', shape: [1], datatype: 'BYTES', data: [SECRET], parameters: { x: SECRET } }] },
    { inputs: [{ name: 'image', shape: [1], datatype: 'BYTES', redacted: true }] },
  ],
  [
    'inputs.image',
    { inputs: [{ name: 'other', shape: [1], datatype: 'INT8', data: [1] }] },
    { inputs: [{ name: 'other', shape: [1], datatype: 'INT8', data: [1] }] },
  ],
  [
    'image',
    { inputs: [{ name: 'image', shape: SECRET, datatype: SECRET, data: [] }] },
    { inputs: [{ name: 'image', redacted: true }] },
  ],
  // Without names nobody can tell which input it is.
  ['inputs.image', { instances: [[1, 2], SECRET] }, { instances: ['[redacted]', '[redacted]'] }],
  ['inputs.image', { inputs: SECRET }, { inputs: '[redacted]' }],
  ['inputs.image', [[SECRET]], ['[redacted]']],
  ['outputs.scores', { instances: [[1, 2]] }, { instances: [[1, 2]] }],
] as const)('%s in %j', (rule, document, expected) => {
  expect(of(document, rule)).toEqual(expected)
})

test('names of prototypes are names like any other', () => {
  const document: unknown = JSON.parse(
    `{"__proto__":{"email":"${SECRET}"},"constructor":{"prototype":{"email":"${SECRET}"}},"k":1}`,
  )
  const text = JSON.stringify(redacted(document, new Redaction(['email']), 'inputs'))
  expect(text).toBe(
    '{"__proto__":{"email":"[redacted]"},"constructor":{"prototype":{"email":"[redacted]"}},"k":1}',
  )
  expect(
    JSON.stringify(redacted(document, new Redaction(['__proto__', 'constructor.prototype']), 'inputs')),
  ).toBe('{"__proto__":"[redacted]","constructor":{"prototype":"[redacted]"},"k":1}')
  expect(Object.hasOwn(Object.prototype, 'email')).toBe(false)
})

test('what nests deeper than is looked into is not written', () => {
  let document: unknown = { email: SECRET }
  for (let i = 0; i < 100_000; i++) document = i % 2 === 0 ? [document] : { a: document }
  const text = JSON.stringify(redacted(document, new Redaction(['email']), 'inputs'))
  expect(text).not.toContain(SECRET)
  expect(text.length).toBeLessThan(MAX_DEPTH * 10)
})

const name = fc.constantFrom(
  'user',
  'email',
  'inputs',
  'instances',
  'outputs',
  'name',
  '__proto__',
  'a.b',
  'data',
)
const document = fc.letrec<{ value: unknown; leaf: unknown; list: unknown; object: unknown }>(tie => ({
  value: fc.oneof({ maxDepth: 6, withCrossShrink: true }, tie('leaf'), tie('list'), tie('object')),
  leaf: fc.oneof(fc.integer(), fc.constantFrom('email', 'user', 'x'), fc.constant(null)),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc
    .array(fc.tuple(name, tie('value')), { maxLength: 4 })
    // As JSON.parse makes them: every name an own member.
    .map(members => {
      const made = {}
      for (const [key, value] of members) {
        Object.defineProperty(made, key, { value, enumerable: true, writable: true, configurable: true })
      }
      return made
    }),
})).value

/** Puts the secret in place of every value that `user` then `email` lead to, through any lists. */
function planted(value: unknown, parent: string, key: string): unknown {
  if (parent === 'user' && key === 'email') return { in: [SECRET] }
  if (Array.isArray(value)) return value.map(item => planted(item, parent, key))
  if (typeof value !== 'object' || value === null) return value
  const copy = Object.create(null) as Record<string, unknown>
  for (const [name, member] of Object.entries(value)) copy[name] = planted(member, key, name)
  return copy
}

test('nothing of the field is left, wherever it stands', () => {
  let seen = 0
  fc.assert(
    fc.property(document, value => {
      const with_ = planted({ user: { email: 1 }, rest: value }, '', '')
      const text = JSON.stringify(with_)
      seen += text.split(SECRET).length - 2
      for (const side of ['inputs', 'outputs'] as const) {
        expect(JSON.stringify(redacted(JSON.parse(text), new Redaction(['user.email']), side))).not.toContain(
          SECRET,
        )
        expect(JSON.stringify(redacted(JSON.parse(text), new Redaction(['email', 'k']), side))).not.toContain(
          SECRET,
        )
      }
    }),
    { numRuns: 400 },
  )
  expect(seen).toBeGreaterThan(0)
})

test('a document that no rule covers stays as it is', () => {
  fc.assert(
    fc.property(document, value => {
      const text = JSON.stringify(value)
      expect(
        JSON.stringify(redacted(JSON.parse(text), new Redaction(['nowhere.to.be.found']), 'outputs')),
      ).toBe(text)
    }),
    { numRuns: 200 },
  )
})
