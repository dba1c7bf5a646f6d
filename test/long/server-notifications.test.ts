import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ChannelView, NoticeView } from '../../src/api/index.ts'
import { FakeGateway, FakeHost, FakeRunner } from '../server/agents.ts'
import { isSigned, Receiver } from '../server/receiver.ts'
import { CERTIFICATE, SmtpServer } from '../server/smtp.ts'
import { modelFiles, type Repository, run, startWorld, until, type World } from '../server/world.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')
const trusted = getCACertificates('default')
let world: World
let runner: FakeRunner
let host: FakeHost
let gateway: FakeGateway
let receiver: Receiver
let mail: SmtpServer

beforeAll(async () => {
  setDefaultCACertificates([...trusted, CERTIFICATE])
  world = await startWorld()
  runner = new FakeRunner(world)
  host = new FakeHost(world)
  gateway = new FakeGateway(world)
  receiver = await Receiver.start()
  mail = await SmtpServer.start({ tls: 'starttls', login: 'bot:hunter2 hunter2' })
  await world.admin('PUT', '/settings/notifications', { allow: ['private', 'plain'] })
})
beforeEach(() => receiver.answer(204))
afterAll(async () => {
  await world.stop()
  await receiver.close()
  await mail.close()
  setDefaultCACertificates(trusted)
})

const NEWS = { news: ['rollout.promoted', 'rollout.rolled-back'] }
const YAML = 'model: model.onnx\ndeploy:\n  production: { strategy: canary, steps: [10%, 50%] }\n'
const channels = (project: string) =>
  world.admin<readonly ChannelView[]>('GET', `/projects/${project}/channels`)
const log = (project: string, name: string) =>
  world.admin<readonly NoticeView[]>('GET', `/projects/${project}/channels/${name}/notices`)
const add = (project: string, name: string, target: object, more: object = {}) =>
  world.admin<{ channel: ChannelView; secret: string | null }>('POST', `/projects/${project}/channels`, {
    name,
    target,
    ...more,
  })
const received = () =>
  receiver.received.map(({ body }) => JSON.parse(body) as { type: string; data: Record<string, unknown> })

async function release(name: string, repository: Repository, number: number): Promise<string> {
  if (number > 1) await repository.commit(`Version ${number}`, { 'note.txt': `${number}` })
  await repository.pushAndLeave()
  await runner.endAll(name, number)
  const rollout = await until(`rollout ${number} of ${name}`, async () =>
    (await world.rollouts(name)).find(({ candidate }) => candidate.number === number),
  )
  return rollout.id
}

const inPhase = (name: string, id: string, phase: string) =>
  host.serveUntil(`${id} ${phase}`, async () =>
    (await world.rollouts(name)).find(each => each.id === id && each.phase === phase),
  )

test('a rollout that is promoted, and one that is rolled back, are told by webhook, chat and mail', async () => {
  const repository = await world.repository('told', modelFiles(YAML))
  await world.admin('POST', '/projects', { name: 'told' })
  const { secret, channel } = await add('told', 'hook', { kind: 'webhook', url: receiver.url }, NEWS)
  expect(channel.shown).toBe(new URL(receiver.url).host)
  const chat = await Receiver.start()
  await add('told', 'chat', { kind: 'slack', url: chat.url }, { ...NEWS, language: 'zh' })
  await add(
    'told',
    'letters',
    {
      kind: 'email',
      host: 'localhost',
      port: mail.port,
      security: 'starttls',
      credentials: { user: 'bot', password: 'hunter2 hunter2' },
      from: 'ballast@example.org',
      to: ['ml-team@example.org'],
    },
    NEWS,
  )
  // The first try of all comes to nothing.
  receiver.answer(500, 200)

  const first = await release('told', repository, 1)
  await inPhase('told', first, 'promoted')
  await until('the webhook was taken', async () => receiver.received.length >= 2)
  const [failed, taken] = receiver.received
  expect(taken!.headers['webhook-id']).toBe(failed!.headers['webhook-id'])
  for (const each of receiver.received) expect(isSigned(each, secret!)).toBe(true)
  expect(received()[1]).toMatchObject({
    type: 'rollout.promoted',
    data: {
      project: 'told',
      rollout: first,
      model: 'told',
      environment: 'production',
      version: 1,
      link: expect.stringContaining(first),
      message: { title: 'told v1 serves production' },
    },
  })

  const second = await release('told', repository, 2)
  await inPhase('told', second, 'progressing')
  await gateway.table()
  await world.admin('POST', `/rollouts/${second}/abort`, { reason: 'odd answers' })
  await until('the webhook told of it', async () => received().at(-1)?.type === 'rollout.rolled-back')
  const sentence = 'Aborted by admin: odd answers'
  expect(received().at(-1)?.data).toMatchObject({
    version: 2,
    stable: 1,
    reason: sentence,
    decision: { kind: 'person', by: 'admin' },
    message: { title: 'told v2 was rolled back in production; v1 serves', reason: sentence },
  })
  await until('the chat told of both', async () => chat.received.length === 2)
  const texts = chat.received.map(({ body }) => (JSON.parse(body) as { text: string }).text)
  expect(texts[0]).toContain('*told v1 已在 production 全量上线*')
  expect(texts[1]!.split('\n').slice(0, 2)).toEqual([
    '*told v2 已从 production 回滚,由 v1 继续服务*',
    sentence,
  ])
  await until('both were mailed', async () => mail.letters.length === 2)
  expect(mail.letters[1]).toMatchObject({
    encrypted: true,
    login: 'bot:hunter2 hunter2',
    to: ['ml-team@example.org'],
  })
  expect(mail.letters[1]!.data).toContain(sentence)
  expect(mail.letters[1]!.data).toMatch(
    /^Subject: \[Ballast\] told v2 was rolled back in production; v1 serves/m,
  )

  expect(
    (await log('told', 'hook')).map(({ kind, state, tries, status }) => [kind, state, tries, status]),
  ).toEqual([
    ['rollout.rolled-back', 'sent', 1, 200],
    ['rollout.promoted', 'sent', 2, 200],
  ])
  await chat.close()
})

test('what was not told before a restart is told after it, once', async () => {
  const gone = await Receiver.start()
  await world.admin('POST', '/projects', { name: 'late' })
  const { secret } = await add('late', 'hook', { kind: 'webhook', url: gone.url })
  gone.answer(() => {})
  const notice = await world.admin<NoticeView>('POST', '/projects/late/channels/hook/test')
  await until('it is being told', async () => gone.received.length === 1)
  await world.restart()
  gone.answer(204)
  await until('it was told', async () => (await log('late', 'hook'))[0]?.state === 'sent')
  expect(gone.received.map(({ headers }) => headers['webhook-id'])).toEqual([notice.id])
  expect(isSigned(gone.received[0]!, secret!)).toBe(true)
  await gone.close()
})

test('a broken default branch, and that it is well again, are told once each', async () => {
  const repository = await world.repository('broken', modelFiles(YAML))
  await world.admin('POST', '/projects', { name: 'broken' })
  await add(
    'broken',
    'hook',
    { kind: 'webhook', url: receiver.url },
    { news: ['pipeline.failed', 'pipeline.fixed'] },
  )
  await repository.commit('No file', { 'ballast.yaml': 'model: [' })
  await repository.push()
  await repository.commit('No file still', { 'note.txt': '2' })
  await repository.push()
  await repository.commit('A file', modelFiles(YAML))
  await repository.pushAndLeave()
  await runner.endAll('broken', 3)
  await host.serveUntil('it is told to be well', async () => received().length === 2)
  expect(received().map(({ type, data }) => [type, data['pipeline'], data['branch'], data['title']])).toEqual(
    [
      ['pipeline.failed', 1, 'main', 'No file'],
      ['pipeline.fixed', 3, 'main', 'A file'],
    ],
  )
  expect(received()[0]!.data['reason']).toMatch(/ballast\.yaml/)
})

test('an approval that is needed is told of, with its version', async () => {
  const yaml = YAML.replace('canary,', 'canary, approve: maintainers,')
  const repository = await world.repository('asked', modelFiles(yaml))
  await world.admin('POST', '/projects', { name: 'asked' })
  await add('asked', 'hook', { kind: 'webhook', url: receiver.url })
  await repository.pushAndLeave()
  await runner.endAll('asked', 1)
  await until('it is told', async () => received().length > 0)
  expect(received()[0]).toMatchObject({
    type: 'approval.needed',
    data: {
      model: 'asked',
      version: 1,
      environment: 'production',
      job: 'deploy:production',
      reason: 'waits for approval to deploy to production',
      message: { title: 'asked v1 needs approval for production' },
    },
  })
})

test('the command adds, tests, changes, shows and removes a channel; its secrets are told to nobody', async () => {
  await world.admin('POST', '/projects', { name: 'commands' })
  const env = { ...process.env, BALLAST_URL: world.url, BALLAST_TOKEN: await world.secret() }
  const ballast = (...args: readonly string[]) =>
    run(process.execPath, [MAIN, 'notify', ...args], world.folder, env)
  const added = await ballast(
    'add',
    'commands',
    'ops',
    'webhook',
    '--url',
    receiver.url,
    '--language',
    'zh',
    '--json',
  )
  const { secret } = JSON.parse(added.stdout) as { secret: string }
  expect(secret).toMatch(/^whsec_/)

  const tested = await ballast('test', 'commands', 'ops')
  expect(tested).toMatchObject({ code: 0, stdout: 'It was taken (204).\n' })
  expect(isSigned(receiver.received[0]!, secret)).toBe(true)
  receiver.answer(404)
  const failed = await ballast('test', 'commands', 'ops')
  expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining('the answer was 404') })

  const changed = await ballast(
    'change',
    'commands',
    'ops',
    '--news',
    'rollout.held,pipeline.failed',
    '--held-after',
    '2h',
    '--rest',
  )
  expect(changed.stdout).toMatch(/webhook \(rests\).*rollout\.held, pipeline\.failed, held after 2 h 0 min/)
  const [view] = await channels('commands')
  expect(view).toMatchObject({
    active: false,
    heldAfterMs: 7_200_000,
    news: ['rollout.held', 'pipeline.failed'],
    language: 'zh',
  })
  const shown = [
    await ballast('list', 'commands', '--json'),
    await ballast('log', 'commands', 'ops', '--json'),
    changed,
  ]
  const said = shown.map(({ stdout, stderr }) => stdout + stderr).join('')
  const stored = await readFile(join(world.folder, 'data', 'ballast.db-wal'), 'latin1')
  for (const hidden of [secret, 'secret-path', 'secret-query', 'hunter2 hunter2']) {
    expect(said).not.toContain(hidden)
    expect(stored).not.toContain(hidden)
  }
  expect((await ballast('remove', 'commands', 'ops')).code).toBe(0)
  expect(await channels('commands')).toEqual([])
  const refused = await ballast('add', 'commands', 'mail', 'email', '--smtp', 'localhost:25')
  expect(refused.stderr).toMatch(/A mailbox needs --smtp, --from and --to/)
})

test('channels are for maintainers; a name is taken once, and twenty are enough', async () => {
  await world.admin('POST', '/projects', { name: 'many' })
  const developer = await world.person('dan', 'developer', 'many', ['read', 'push', 'deploy'])
  const answer = await world.call('GET', '/api/v1/projects/many/channels', { token: developer })
  expect(answer.status).toBe(403)
  const target = { kind: 'webhook', url: receiver.url }
  for (let i = 0; i < 20; i++) await add('many', `c${i}`, target)
  const token = await world.secret()
  for (const name of ['c1', 'c20'])
    expect(
      await world.call('POST', '/api/v1/projects/many/channels', { token, body: { name, target } }),
    ).toMatchObject({
      status: 409,
      body: { error: { code: 'STATE_CONFLICT' } },
    })
  const email = { ...target, kind: 'slack' }
  expect(
    await world.call('PUT', '/api/v1/projects/many/channels/c1', { token, body: { target: email } }),
  ).toMatchObject({
    status: 400,
  })
})
