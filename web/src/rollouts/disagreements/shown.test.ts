import { expect, test } from 'vitest'
import { shownOf } from './shown.ts'

test.each([
  [undefined, { kind: 'nothing' }],
  [{}, { kind: 'nothing' }],
  [
    { withheld: 'rules', json: 1 },
    { kind: 'withheld', why: 'rules' },
  ],
  [
    { base64: 'AAAA', contentType: 'image/png' },
    { kind: 'image', src: 'data:image/png;base64,AAAA' },
  ],
  // It could run a script; what is known of it is told instead.
  [
    { base64: 'AAAA', contentType: 'image/svg+xml', bytes: 3, digest: 'sha256:00' },
    { kind: 'described', contentType: 'image/svg+xml', bytes: 3, digest: 'sha256:00' },
  ],
  [
    { contentType: 'image/png', bytes: 300, digest: 'sha256:00' },
    { kind: 'described', contentType: 'image/png', bytes: 300, digest: 'sha256:00' },
  ],
  [{ json: 'a good film' }, { kind: 'text', text: 'a good film' }],
  [{ json: { instances: ['a good film'] } }, { kind: 'text', text: 'a good film' }],
  [
    { json: { instances: [{ age: 41, city: 'Bonn' }] } },
    {
      kind: 'row',
      cells: [
        ['age', '41'],
        ['city', 'Bonn'],
      ],
    },
  ],
  [{ json: [1, 2] }, { kind: 'json', text: '[\n 1,\n 2\n]' }],
  [
    { json: { rows: [{ a: [1] }] } },
    { kind: 'json', text: '{\n "rows": [\n  {\n   "a": [\n    1\n   ]\n  }\n ]\n}' },
  ],
  [{ text: '{"inputs": [' }, { kind: 'json', text: '{"inputs": [' }],
])('%j is shown as %j', (preview, shown) => {
  expect(shownOf(preview)).toEqual(shown)
})

test('of what is long the beginning is shown', () => {
  const shown = shownOf({ json: 'x'.repeat(10_000) })
  expect(shown).toEqual({ kind: 'text', text: `${'x'.repeat(4000)}…` })
})
