import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant } from '../../core/index.ts'
import type { Facts } from '../words/facts.ts'
import { messageOf } from '../words/message.ts'
import { mailOf } from './mail.ts'
import { slackBody } from './slack.ts'
import { isSecret, makeSecret, signedHeaders, webhookBody } from './webhook.ts'

const FACTS: Facts = {
  kind: 'rollout.rolled-back',
  project: 'team/digits',
  at: instant(Date.UTC(2026, 0, 1, 12)),
  link: 'https://ballast.example/models/digits',
  rollout: 'rol_1',
  model: 'digits',
  environment: 'production',
  version: 4,
  stable: 3,
  weight: 0,
  reason: 'errors 2.1 % against 0.5 %',
  by: 'ada',
  decision: { kind: 'analysis' },
  isRollback: false,
}

test("a signature is Standard Webhooks' own: the example of its libraries", () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const headers = signedHeaders(
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    instant(1_614_265_330_999),
    '{"test": 2432232314}',
    secret,
  )
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test.each([
  ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', true],
  ['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', false],
  ['whsec_c2hvcnQ=', false],
  [`whsec_${Buffer.alloc(65, 1).toString('base64')}`, false],
  ['whsec_not base64 at all, and long enough', false],
])('%s is a secret: %s', (text, expected) => {
  expect(isSecret(text)).toBe(expected)
})

test('secrets that are made are ones, and no two alike', () => {
  const made = Array.from({ length: 20 }, makeSecret)
  expect(made.every(isSecret)).toBe(true)
  expect(new Set(made).size).toBe(20)
})

test('a webhook has the facts for machines and the sentence for people', () => {
  expect(JSON.parse(webhookBody(FACTS, messageOf(FACTS, 'en')))).toEqual({
    type: 'rollout.rolled-back',
    timestamp: '2026-01-01T12:00:00.000Z',
    data: {
      project: 'team/digits',
      link: 'https://ballast.example/models/digits',
      rollout: 'rol_1',
      model: 'digits',
      environment: 'production',
      version: 4,
      stable: 3,
      weight: 0,
      reason: 'errors 2.1 % against 0.5 %',
      by: 'ada',
      decision: { kind: 'analysis' },
      isRollback: false,
      message: {
        title: 'digits v4 was rolled back in production; v3 serves',
        reason: 'errors 2.1 % against 0.5 %',
      },
    },
  })
})

test("Slack's text escapes what would mention somebody or hide a link", () => {
  const facts = { ...FACTS, reason: '<!channel> & <https://evil.example|here>', model: 'di*gits' }
  const { text } = JSON.parse(slackBody(messageOf(facts, 'en'))) as { text: string }
  expect(text.split('\n')).toEqual([
    '*di∗gits v4 was rolled back in production; v3 serves*',
    '&lt;!channel&gt; &amp; &lt;https://evil.example|here&gt;',
    'Project: team/digits · Model: di*gits · Environment: production · Version: v4 · Before: v3 · Asked by: ada · Decided by: the analysis',
    '<https://ballast.example/models/digits>',
  ])
})

test('a letter has one line as its subject, whatever things are called', () => {
  expect(mailOf(messageOf(FACTS, 'en'))).toEqual({
    subject: '[Ballast] digits v4 was rolled back in production; v3 serves',
    text: [
      'digits v4 was rolled back in production; v3 serves',
      '',
      'errors 2.1 % against 0.5 %',
      '',
      'Project: team/digits',
      'Model: digits',
      'Environment: production',
      'Version: v4',
      'Before: v3',
      'Asked by: ada',
      'Decided by: the analysis',
      '',
      'https://ballast.example/models/digits',
      '',
    ].join('\n'),
  })
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('en' as const, 'zh' as const),
      (name, language) => {
        const message = messageOf(
          { ...FACTS, model: name, reason: `${name}\r\nBcc: x@example.org` },
          language,
        )
        const { subject } = mailOf(message)
        expect(subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u)
        expect(subject.isWellFormed()).toBe(true)
        expect(message.reason).not.toMatch(/[\r\n]/)
      },
    ),
  )
})
