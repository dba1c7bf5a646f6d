import { expect, test } from 'vitest'
import type { Disagreement } from '../../api/index.ts'
import { describeDisagreements } from './rollout-disagreements.ts'

const found: Disagreement = {
  requestId: 'req_1',
  at: '2026-11-28T10:00:00.000Z',
  step: 0,
  input: { json: { text: 'a\u001b[2Jb' } },
  stable: { status: 200, ms: 1.5, decided: [{ label: '3', index: 3 }] },
  candidate: { status: 504, ms: 60_000 },
}
const gateways = [{ gateway: 'a', records: 1, whole: true }]

test('each is a line: what both said, and what was asked', () => {
  expect(describeDisagreements({ disagreements: [found], gateways })).toBe(
    '2026-11-28T10:00:00.000Z  req_1  stable 3 (1.5 ms), candidate failed with 504  {"text":"a\\u001b[2Jb"}',
  )
})

test('without an input only what was decided; none, and a gateway that did not tell all, are said', () => {
  const { input: _, ...bare } = found
  const candidate = { status: 200, ms: 2, decided: [{ index: 1 }, { value: 0.5 }] }
  const silent = [{ gateway: 'b', records: 0, whole: false }]
  const long = { ...found, input: { text: 'x'.repeat(500) } }
  const lines = describeDisagreements({
    disagreements: [{ ...bare, candidate }, long],
    gateways: silent,
  }).split('\n')
  expect(lines[0]).toMatch(/candidate 1, 0.5 \(2 ms\)$/)
  expect(lines[1]).toMatch(/x{160} …$/)
  expect(lines[2]).toBe('Not all was told by b.')
  expect(describeDisagreements({ disagreements: [], gateways })).toBe('Gateways keep none of this rollout.')
})
