import type { ServerResponse } from 'node:http'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Receiver } from '../../../../test/server/receiver.ts'
import { CERTIFICATE, type SmtpOptions, SmtpServer } from '../../../../test/server/smtp.ts'
import type { NotifyAllowance } from '../../../api/index.ts'
import { sendMail } from './mail.ts'
import { post } from './post.ts'

const BOTH: readonly NotifyAllowance[] = ['private', 'plain']
const LONG = 10_000
const running = new AbortController()

describe('a post', () => {
  let receiver: Receiver
  beforeAll(async () => {
    receiver = await Receiver.start()
  })
  afterAll(() => receiver.close())
  const send = (allowed = BOTH, ms = LONG, url = receiver.url) =>
    post({ url, body: '{"a":1}', headers: { 'x-a': 'b' } }, allowed, running.signal, ms)

  test('says what it has to say', async () => {
    receiver.answer(202)
    expect(await send()).toEqual({ kind: 'sent', status: 202 })
    expect(receiver.received).toMatchObject([
      { body: '{"a":1}', headers: { 'x-a': 'b', 'content-type': 'application/json', 'content-length': '7' } },
    ])
  })

  test.each([
    [500, false],
    [404, false],
    [410, true],
  ])('an answer of %i is a failure, for good: %s', async (status, final) => {
    receiver.answer(status)
    expect(await send()).toEqual({ kind: 'failed', status, problem: `the answer was ${status}`, final })
  })

  test('is not taken elsewhere', async () => {
    const elsewhere = await Receiver.start()
    receiver.answer(response => response.writeHead(307, { location: elsewhere.url }).end())
    expect(await send()).toMatchObject({
      kind: 'failed',
      status: 307,
      problem: expect.stringContaining('redirections'),
    })
    expect(elsewhere.received).toEqual([])
    await elsewhere.close()
  })

  test('leaves those alone who ask for it, for an hour at most', async () => {
    const busy = (seconds: string) => (response: ServerResponse) =>
      response.writeHead(429, { 'retry-after': seconds }).end()
    receiver.answer(busy('120'))
    expect(await send()).toMatchObject({ waitMs: 120_000 })
    receiver.answer(busy('999999'))
    expect(await send()).toMatchObject({ waitMs: 3_600_000 })
    receiver.answer(busy('soon'))
    expect(await send()).not.toHaveProperty('waitMs')
  })

  test('reads little of a huge answer, and shows nothing of what only this machine reaches', async () => {
    let written = 0
    receiver.answer(response => {
      response.writeHead(500)
      const more = () => {
        written += 65_536
        if (!response.destroyed) response.write(Buffer.alloc(65_536, 'x'), more)
      }
      more()
    })
    const outcome = await send()
    expect(outcome).toMatchObject({ kind: 'failed', status: 500, problem: 'the answer was 500' })
    expect(written).toBeLessThan(64 * 1024 * 1024)
  })

  test.each<readonly [string, (response: ServerResponse) => void]>([
    ['nothing', () => {}],
    ['its words one by one', response => void dribble(response)],
  ])('is given up where the answer is %s for too long', async (_, answer) => {
    receiver.answer(answer)
    expect(await send(BOTH, 300)).toMatchObject({
      kind: 'failed',
      problem: 'no answer within 0.3 s',
      final: false,
    })
  })

  test('headers without end are no answer', async () => {
    receiver.answer(response => {
      response.writeHead(200, { 'x-long': 'x'.repeat(15_000), 'x-longer': 'x'.repeat(15_000) }).end()
    })
    expect(await send()).toMatchObject({ kind: 'failed' })
  })

  test('goes to private addresses where an admin allows it, by name as by number', async () => {
    receiver.answer(204)
    const byName = receiver.url.replace('127.0.0.1', 'localhost')
    await expect(send(['plain'])).rejects.toMatchObject({ code: 'OUTBOUND_REFUSED' })
    await expect(send(['private'])).rejects.toMatchObject({ code: 'OUTBOUND_REFUSED' })
    expect(await send(['plain'], LONG, byName)).toMatchObject({
      kind: 'failed',
      problem: 'localhost is at a private address',
    })
    expect(receiver.received).toEqual([])
    expect(await send(BOTH, LONG, byName)).toMatchObject({ kind: 'sent' })
  })

  test('to nobody is a failure', async () => {
    const gone = await Receiver.start()
    const { url } = gone
    await gone.close()
    expect(await send(BOTH, LONG, url)).toMatchObject({
      kind: 'failed',
      problem: expect.stringContaining('ECONNREFUSED'),
    })
  })
})

async function dribble(response: ServerResponse): Promise<void> {
  response.writeHead(200)
  while (!response.destroyed) {
    response.write('.')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

describe('a letter', () => {
  const before = getCACertificates('default')
  const trust = (more: readonly string[]) => setDefaultCACertificates([...before, ...more])
  let server: SmtpServer | undefined
  beforeAll(() => trust([CERTIFICATE]))
  const started: SmtpServer[] = []
  afterEach(() => Promise.all(started.splice(0).map(each => each.close())))
  afterAll(() => trust([]))

  const LETTER = {
    id: 'ntc_1',
    at: new Date(Date.UTC(2026, 0, 1)),
    subject: '[Ballast] 数字 v4',
    text: 'line one\n.\nline three',
  }
  const send = async (
    options: SmtpOptions,
    change: Partial<Parameters<typeof sendMail>[0]> = {},
    { allowed = BOTH, ms = LONG, subject = LETTER.subject } = {},
  ) => {
    server = await SmtpServer.start(options)
    started.push(server)
    const target = {
      kind: 'email' as const,
      host: 'localhost',
      port: server.port,
      security: SECURITY[options.tls],
      from: 'ballast@example.org',
      to: ['ada@example.org', 'grace@example.org'],
      ...change,
    } satisfies Parameters<typeof sendMail>[0]
    return sendMail(target, { ...LETTER, subject }, allowed, running.signal, ms)
  }
  const SECURITY = { 'at once': 'tls', starttls: 'starttls', none: 'plain' } as const
  const credentials = { user: 'bot', password: 'pass word' }

  test.each(['at once', 'starttls', 'none'] as const)('is taken with encryption: %s', async tls => {
    const login = tls === 'none' ? {} : { login: 'bot:pass word' }
    expect(await send({ tls, ...login }, tls === 'none' ? {} : { credentials })).toEqual({
      kind: 'sent',
      status: 250,
    })
    const [letter] = server!.letters
    expect(letter).toMatchObject({
      from: 'ballast@example.org',
      to: ['ada@example.org', 'grace@example.org'],
      encrypted: tls !== 'none',
      login: login.login,
    })
    const headers = letter!.data.split('\r\n\r\n')[0]!
    expect(headers).toMatch(/^Message-ID: <ntc_1@example\.org>$/im)
    expect(headers).toMatch(/^Auto-Submitted: auto-generated$/im)
    expect(headers).toMatch(/^Date: Thu, 01 Jan 2026 00:00:00 \+0000$/im)
    expect(decodedSubject(headers)).toBe('[Ballast] 数字 v4')
    expect(letter!.data.split('\r\n\r\n')[1]).toMatch(/^line one\r\n\.\r\nline three/)
    if (tls === 'starttls')
      expect(server!.plain.map(line => line.split(' ')[0])).toEqual(['EHLO', 'STARTTLS'])
  })

  test('is not written in the clear where encryption is asked for and not offered', async () => {
    expect(await send({ tls: 'none' }, { security: 'starttls', credentials })).toMatchObject({
      kind: 'failed',
      final: false,
    })
    expect(server!.plain.join('\n')).not.toMatch(/AUTH|MAIL|pass/)
    expect(server!.letters).toEqual([])
  })

  test('is not told to somebody else: a certificate that nobody vouches for', async () => {
    trust([])
    const outcome = await send({ tls: 'at once', login: 'bot:pass word' }, { credentials })
    trust([CERTIFICATE])
    expect(outcome).toMatchObject({
      kind: 'failed',
      final: false,
      problem: expect.stringMatching(/certificate/),
    })
    expect(server!.letters).toEqual([])
  })

  test.each([
    ['127.0.0.1', 'sent'],
    ['127.0.0.2', 'failed'],
  ] as const)('nor where the certificate is for another: at %s it is %s', async (host, kind) => {
    expect(await send({ tls: 'at once' }, { host })).toMatchObject({ kind })
    expect(await send({ tls: 'starttls' }, { host })).toMatchObject({ kind })
  })

  test('a wrong password can be set right; it is in no message', async () => {
    const outcome = await send({ tls: 'starttls', login: 'bot:other' }, { credentials })
    expect(outcome).toEqual({
      kind: 'failed',
      status: 535,
      final: false,
      problem: 'the mail server answered 535 to the user and password',
    })
  })

  test.each([
    ['RCPT', '550 no such mailbox', 550, true],
    ['MAIL', '451 later', 451, false],
  ] as const)('%s %s: tried again unless it is refused for good', async (command, reply, status, final) => {
    const outcome = await send({ tls: 'starttls', replies: { [command]: reply } })
    expect(outcome).toEqual({ kind: 'failed', status, final, problem: `the mail server answered ${status}` })
  })

  test('mailboxes that are refused beside others are not passed over', async () => {
    const outcome = await send({ tls: 'starttls', refused: 'grace@example.org' })
    expect(outcome).toEqual({
      kind: 'failed',
      status: 250,
      final: true,
      problem: '1 of 2 mailboxes were refused; the others have it',
    })
    expect(server!.letters.map(({ to }) => to)).toEqual([['ada@example.org']])
  })

  test.each([
    ['says nothing', ''],
    ['never ends its greeting', '220-still\r\n220-here'],
  ])('a server that %s is not waited for', async (_, greeting) => {
    const outcome = await send({ tls: 'starttls', replies: { GREETING: greeting } }, {}, { ms: 300 })
    expect(outcome).toMatchObject({ kind: 'failed', problem: 'the letter was not taken within 0.3 s' })
  })

  test('a server that talks without end is cut off', async () => {
    const outcome = await send({ tls: 'starttls', replies: { EHLO: `250-${'x'.repeat(200_000)}` } })
    expect(outcome).toMatchObject({ kind: 'failed' })
  })

  test('goes to private addresses where an admin allows it', async () => {
    expect(await send({ tls: 'starttls' }, {}, { allowed: [] })).toMatchObject({
      kind: 'failed',
      problem: 'localhost is at a private address',
    })
    expect(server!.plain).toEqual([])
    await expect(send({ tls: 'starttls' }, { host: '127.0.0.1' }, { allowed: [] })).rejects.toMatchObject({
      code: 'OUTBOUND_REFUSED',
    })
  })

  test('no subject makes another header, and no address another command', async () => {
    const subject = 'x\r\nBcc: eve@example.org\r\n\r\nbody'
    expect(await send({ tls: 'starttls' }, {}, { subject })).toMatchObject({ kind: 'sent' })
    const headers = server!.letters[0]!.data.split('\r\n\r\n')[0]!
    expect(headers).not.toMatch(/^bcc:/im)
    expect(server!.letters[0]!.to).toEqual(['ada@example.org', 'grace@example.org'])
    const hostile = await send({ tls: 'starttls' }, { to: ['ada@example.org>\r\nRCPT TO:<eve@example.org'] })
    expect(server!.letters.flatMap(({ to }) => to)).not.toContain('eve@example.org')
    expect(hostile.kind === 'sent' ? server!.letters.length : 0).toBeLessThanOrEqual(1)
  })
})

/** Encoded words of RFC 2047. */
function decodedSubject(headers: string): string {
  const [, raw = ''] = /^Subject: ([\s\S]*?)(?:\r\n\S|$)/im.exec(headers) ?? []
  return raw
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?UTF-8\?Q\?(.*?)\?=/gi, (_, text: string) =>
      Buffer.from(
        text
          .replaceAll('_', ' ')
          .replace(/=([0-9A-F]{2})/gi, (__, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      ).toString('utf8'),
    )
    .replace(/=\?UTF-8\?B\?(.*?)\?=/gi, (_, text: string) => Buffer.from(text, 'base64').toString('utf8'))
}
