import { expect, test } from 'vitest'
import { channelTargetSchema } from '../../../../src/api/notify.ts'
import { EMPTY, targetOf } from './draft.ts'

const MAIL = { ...EMPTY, kind: 'email', host: ' mail.example.org ', from: 'ballast@example.org' } as const

test.each([
  [
    { ...EMPTY, url: ' https://example.org/hook ' },
    { kind: 'webhook', url: 'https://example.org/hook' },
  ],
  [
    { ...MAIL, to: 'ada@example.org, grace@example.org\n' },
    {
      kind: 'email',
      host: 'mail.example.org',
      port: 465,
      security: 'tls',
      from: 'ballast@example.org',
      to: ['ada@example.org', 'grace@example.org'],
    },
  ],
  [
    { ...MAIL, to: 'ada@example.org', port: '587', user: 'bot', password: ' p ' },
    {
      kind: 'email',
      host: 'mail.example.org',
      port: 587,
      security: 'starttls',
      credentials: { user: 'bot', password: ' p ' },
      from: 'ballast@example.org',
      to: ['ada@example.org'],
    },
  ],
])('%j is a target that the server takes', (draft, target) => {
  expect(targetOf(draft)).toEqual(target)
  expect(channelTargetSchema.parse(targetOf(draft))).toEqual(target)
})

test('a port that is no number is none', () => {
  expect(channelTargetSchema.safeParse(targetOf({ ...MAIL, to: 'a@b.c', port: 'x' })).success).toBe(false)
})
