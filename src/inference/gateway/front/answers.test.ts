import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FrontWorld } from '../../../../test/fixtures/front-world.ts'
import { ASLEEP, type RequestFrame } from '../../frames/index.ts'
import { jsonReply } from '../../protocols/index.ts'

type Reply = { readonly status: number; readonly headers: string; readonly body: readonly Uint8Array[] }

let world: FrontWorld

beforeEach(async () => {
  world = new FrontWorld()
  await world.start({ version: '1.2.3' })
})
afterEach(() => world.stop())

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(`http://127.0.0.1:${world.port}${path}`, init)
  const text = await response.text()
  const isJson = response.headers.get('content-type') === 'application/json'
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}
const post = (path: string, body?: string) =>
  ask(path, { method: 'POST', ...(body === undefined ? {} : { body }) })

/** Answers with what it was asked. */
const tell = ({ operation, headers }: RequestFrame, reply: (reply: Reply) => void): void =>
  reply(jsonReply(JSON.stringify({ operation, headers })))

const duration = { count: 2, ns: 100 }
/** Statistics of one replica, as Triton's extension writes them. */
const statistics = (version: string) => ({
  name: 'm',
  version,
  last_inference: 7,
  inference_count: 3,
  execution_count: 2,
  inference_stats: Object.fromEntries(
    [
      'success',
      'fail',
      'queue',
      'compute_input',
      'compute_infer',
      'compute_output',
      'cache_hit',
      'cache_miss',
    ].map(name => [name, duration]),
  ),
  batch_stats: [],
})

test('what is served is listed: for programs, for people, and in the words of each protocol', async () => {
  await world.serve('m', [tell, tell])
  const home = await ask('/')
  expect(home.body).toMatchObject({
    name: 'ballast',
    version: '1.2.3',
    models: [
      {
        name: 'm',
        environment: 'production',
        ready: true,
        versions: [
          { version: 1, arm: 'stable' },
          { version: 2, arm: 'standby' },
        ],
        infer: '/v2/models/m/infer',
      },
    ],
  })
  const page = await ask('/', { headers: { accept: 'text/html,application/xhtml+xml' } })
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(page.body).toContain('<a href="/v2/models/m">m</a>')
  expect((await ask('/v1/models')).body).toEqual({ models: ['m'] })
  expect((await post('/v2/repository/index')).body).toEqual([
    { name: 'm', version: '1', state: 'READY', reason: '' },
    { name: 'm', version: '2', state: 'READY', reason: '' },
  ])
  const ok = { error_code: 'OK', error_message: '' }
  expect((await ask('/v1/models/m/versions/2')).body).toEqual({
    name: 'm',
    ready: true,
    model_version_status: [{ version: '2', state: 'AVAILABLE', status: ok }],
  })
  expect((await ask('/v1/models/m')).body.model_version_status).toHaveLength(2)
})

test('models of which one may not know are in no list', async () => {
  const hash = createHash('sha256').update('secret').digest('hex')
  await world.serve('open', [tell])
  await world.serve('closed', [tell], { predictions: 'token' }, [{ hash, project: 'prj_1' }])
  const names = async (headers: Record<string, string>) => {
    const { body } = await ask('/', { headers })
    return body.models.map(({ name }: { name: string }) => name)
  }
  expect(await names({})).toEqual(['open'])
  expect(await names({ authorization: 'Bearer wrong' })).toEqual(['open'])
  expect(await names({ authorization: 'Bearer secret' })).toEqual(['closed', 'open'])
  for (const path of ['', '/stats', '/config', '/openapi.json']) {
    expect((await ask(`/v2/models/closed${path}`)).status).toBe(401)
  }
  for (const path of ['', '/metadata']) expect((await ask(`/v1/models/closed${path}`)).status).toBe(401)
  expect((await post('/v2/repository/models/closed/load')).status).toBe(401)
})

test('replicas are asked for what only they know, in the protocol of the path', async () => {
  await world.serve('m', [tell, tell])
  const body = async (path: string) => (await ask(path)).body
  expect(await body('/v2/models/m')).toEqual({ operation: 'metadata', headers: 'versions: 1,2\n' })
  expect(await body('/v2/models/m/versions/2')).toEqual({ operation: 'metadata', headers: 'versions: 2\n' })
  expect(await body('/v2/models/m/config')).toMatchObject({ operation: 'config' })
  expect(await body('/v2/models/m/openapi.json')).toMatchObject({ operation: 'openapi' })
  expect(await body('/v1/models/m/metadata')).toEqual({
    operation: 'metadata',
    headers: 'protocol: v1\nversions: 1,2\n',
  })
  expect(await ask('/v2/models/m/versions/9')).toMatchObject({
    status: 404,
    body: { code: 'VERSION_UNKNOWN', error: expect.stringContaining('Version 9') },
  })
})

test('a prediction goes to the replica with the protocol of its path', async () => {
  await world.serve('m', [tell])
  const protocol = async (path: string) => /protocol: (\w+)/.exec((await post(path, 'x')).body.headers)?.[1]
  expect(await protocol('/v2/models/m/infer')).toBeUndefined()
  expect(await protocol('/v2/models/m/predict')).toBe('plain')
  expect(await protocol('/v1/models/m:predict')).toBe('v1')
  expect(await protocol('/v1/models/m/versions/1:predict')).toBe('v1')
})

test('statistics of all replicas of a version are added up; who does not answer is left out', async () => {
  const told =
    (version: string) =>
    (_: RequestFrame, reply: (reply: Reply) => void): void =>
      reply(jsonReply(JSON.stringify({ model_stats: [statistics(version)] })))
  const broken = (_: RequestFrame, reply: (reply: Reply) => void): void =>
    reply({ status: 500, headers: '', body: [] })
  await world.serve('m', [told('1'), told('1'), told('2'), broken])
  const { body } = await ask('/v2/models/m/stats')
  expect(
    body.model_stats.map((each: { version: string; inference_count: number }) => [
      each.version,
      each.inference_count,
    ]),
  ).toEqual([
    ['1', 6],
    ['2', 3],
  ])
  expect(body.model_stats[0].inference_stats.queue).toEqual({ count: 4, ns: 200 })
  expect((await ask('/v2/models/m/versions/3/stats')).body.model_stats).toHaveLength(1)
  expect((await ask('/v2/models/stats')).body.model_stats).toHaveLength(2)
})

test('models are loaded and unloaded where their route allows it, and nowhere else', async () => {
  const asked: string[] = []
  let sleeping = 2
  const handle = (frame: RequestFrame, reply: (reply: Reply) => void): void => {
    asked.push(frame.operation)
    // One that wakes just now.
    if (frame.operation === 'load' && sleeping-- > 0) reply({ status: ASLEEP, headers: '', body: [] })
    else reply(jsonReply('{}'))
  }
  await world.serve('m', [handle], { control: true })
  await world.serve('n', [handle])
  expect(await post('/v2/repository/models/m/load', '{"parameters":{}}')).toMatchObject({ status: 200 })
  expect(asked).toEqual(['load', 'load', 'load'])
  expect(await post('/v2/repository/models/m/unload')).toMatchObject({ status: 200 })
  expect(asked.at(-1)).toBe('unload')
  expect(await post('/v2/repository/models/n/unload')).toMatchObject({
    status: 403,
    body: { code: 'FORBIDDEN', error: 'Models are not to be unloaded by callers here' },
  })
  expect(await post('/v2/repository/models/unknown/load')).toMatchObject({ status: 404 })
  expect(asked).toHaveLength(4)
})

test('a load that a replica refuses is told with its reason', async () => {
  await world.serve(
    'm',
    [(_, reply) => reply({ status: 500, headers: '', body: [Buffer.from('no memory')] })],
    { control: true },
  )
  expect(await post('/v2/repository/models/m/load')).toMatchObject({
    status: 500,
    body: { error: expect.stringContaining('no memory') },
  })
})

test.each(['[]', 'null', '{', '"x"', `{"a":"${'x'.repeat(70_000)}"}`])(
  'a command of %.20s is refused',
  async body => {
    expect(await post('/v2/repository/index', body)).toMatchObject({ status: 400 })
  },
)

test('a replica that says nothing in time is told as such, and health waits for nobody', async () => {
  await world.serve('m', [() => {}])
  const waiting = ask('/v2/models/m')
  expect((await ask('/v2/health/live')).body).toEqual({ live: true })
  expect(await waiting).toMatchObject({ status: 504, body: { code: 'DEADLINE_EXCEEDED' } })
})

test('the description of all models is put together from theirs', async () => {
  const document = {
    openapi: '3.1.0',
    info: { title: 'm', version: '1', description: '' },
    security: [],
    components: { schemas: {} },
  }
  const described =
    (model: string) =>
    (_: RequestFrame, reply: (reply: Reply) => void): void =>
      reply(jsonReply(JSON.stringify({ ...document, paths: { [`/v2/models/${model}`]: { get: {} } } })))
  await world.serve('a', [described('a')])
  await world.serve('b', [described('b')])
  await world.serve('c', [(_, reply) => reply({ status: 500, headers: '', body: [] })])
  const { body } = await ask('/openapi.json')
  expect(body).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } })
  expect(Object.keys(body.paths)).toEqual(expect.arrayContaining(['/v2/models/a', '/v2/models/b']))
})

test('an answer larger than sockets hold is sent as it is taken', async () => {
  const large = Buffer.alloc(20 * 2 ** 20, 7)
  await world.serve('m', [
    (_, reply) => reply({ status: 200, headers: 'content-type: application/octet-stream\n', body: [large] }),
  ])
  const response = await fetch(`http://127.0.0.1:${world.port}/v2/models/m/infer`, {
    method: 'POST',
    body: 'x',
  })
  await pause(50)
  expect(Buffer.from(await response.arrayBuffer()).equals(large)).toBe(true)
})
