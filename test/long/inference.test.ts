import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RoutingTable, WantedReplica } from '../../src/api/index.ts'
import { loadOnnx } from '../../src/model/index.ts'
import { writeImageModel, writeMlp } from '../fixtures/onnx-builder.ts'
import { type Answer, json, ServingWorld } from '../fixtures/serving-world.ts'

const world = new ServingWorld()
const mlp = writeMlp(4, 8, 3)
const CONFIG = { name: 'digits', task: 'classification', labels: [], preprocess: [] }
const INFER = '/v2/models/digits/infer'
const BODY = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 4] }] })

beforeAll(() => world.start())
afterAll(() => world.stop())

/** A wanted replica of a version of `digits`. */
function aReplica(replica: string, versionNumber: number, more: Partial<WantedReplica> = {}): WantedReplica {
  return {
    replica,
    version: `ver_${versionNumber}`,
    versionNumber,
    model: 'digits',
    config: CONFIG,
    files: [world.plane.addBlob('model.onnx', mlp)],
    ...more,
  }
}

function aRoute(
  arms: RoutingTable['routes'][number]['arms'],
  more: Partial<RoutingTable['routes'][number]> = {},
): RoutingTable['routes'][number] {
  return {
    model: 'digits',
    environment: 'production',
    project: 'prj_1',
    predictions: 'public',
    arms,
    standby: [],
    ...more,
  }
}

/** A process that nobody has waited for yet (Z) runs no more. */
function runs(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

const failures = (answers: readonly Answer[]) =>
  answers.filter(({ status }) => status !== 200).map(answer => `${answer.status} ${answer.body}`)

test('the gateway answers for itself before any model serves', async () => {
  expect(json(await world.call('/v2'))).toMatchObject({
    name: 'ballast',
    extensions: expect.arrayContaining(['binary_tensor_data']),
  })
  expect(await world.call('/v2/health/live')).toMatchObject({ status: 200 })
  expect(await world.call('/v2/health/ready')).toMatchObject({ status: 200 })
  const unknown = await world.call(INFER, BODY)
  expect(unknown.status).toBe(404)
  expect(json(unknown)).toMatchObject({ code: 'MODEL_UNKNOWN', error: expect.stringContaining('digits') })
  expect(await world.call('/v2/models/../secrets')).toMatchObject({ status: 404 })
  expect(await world.call(INFER)).toMatchObject({ status: 405 })
})

test('a model is predicted with: JSON, binary tensors, metadata', async () => {
  await world.serve([aReplica('rep_a', 1)])
  await world.route([aRoute([world.arm('stable', 1, 1, ['rep_a'])])])

  const answer = await world.call(INFER, BODY)
  expect(answer).toMatchObject({
    status: 200,
    headers: { 'ballast-model-version': '1', 'ballast-arm': 'stable' },
  })
  const [output] = json(answer).outputs
  expect(output).toMatchObject({ name: 'probabilities', shape: [1, 3], datatype: 'FP32' })

  const head = JSON.stringify({
    inputs: [{ name: 'x', shape: [1, 4], datatype: 'FP32', parameters: { binary_data_size: 16 } }],
    outputs: [{ name: 'probabilities', parameters: { binary_data: true } }],
  })
  const tensor = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer)
  const binary = await world.call(
    '/v2/models/digits/versions/1/infer',
    Buffer.concat([Buffer.from(head), tensor]),
    {
      'inference-header-content-length': String(head.length),
    },
  )
  const length = Number(binary.headers['inference-header-content-length'])
  const scores = Array.from({ length: 3 }, (_, i) => binary.body.readFloatLE(length + 4 * i))
  scores.forEach((score, i) => {
    expect(score).toBeCloseTo(output.data[i], 6)
  })

  expect(json(await world.call('/v2/models/digits'))).toMatchObject({
    name: 'digits',
    versions: ['1'],
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
  })
  expect(await world.call('/v2/models/digits/ready')).toMatchObject({ status: 200 })
  expect(await world.call('/v2/models/digits/versions/7/infer', BODY)).toMatchObject({ status: 404 })
  expect(await world.call(INFER, '{"inputs":')).toMatchObject({ status: 400 })
  expect(await world.call(INFER, BODY, { 'ballast-environment': 'staging' })).toMatchObject({ status: 404 })
  expect(String((await world.call('/metrics')).body)).toMatch(
    /ballast_requests_total\{model="digits",environment="production",version="1",arm="stable",status="200"\} 2/,
  )
})

test('an image is predicted as curl sends it', async () => {
  const config = {
    name: 'shapes',
    task: 'image-classification',
    labels: ['circle', 'square', 'star'],
    preprocess: [
      { kind: 'decode', what: 'image' },
      { kind: 'grayscale' },
      { kind: 'resize', width: 8, height: 8, fit: 'fill' },
      { kind: 'scale', factor: 1 / 255 },
    ],
  }
  const model = world.plane.addBlob('shapes.onnx', writeImageModel(8, 3, 2))
  await world.serve([
    aReplica('rep_a', 1),
    aReplica('rep_img', 4, { model: 'shapes', config, files: [model] }),
  ])
  await world.route([
    aRoute([world.arm('stable', 1, 1, ['rep_a'])]),
    aRoute([world.arm('stable', 4, 1, ['rep_img'])], { model: 'shapes' }),
  ])
  const png = await sharp({ create: { width: 30, height: 20, channels: 3, background: '#336699' } })
    .png()
    .toBuffer()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const path of ['infer', 'predict']) {
    const answer = await world.call(`/v2/models/shapes/${path}`, png, headers)
    expect(json(answer)).toMatchObject({ model: 'shapes', version: 4, label: 'star' })
  }
})

test('a body over the limit is refused before it is gathered', async () => {
  const answer = await world.call(INFER, Buffer.alloc(65 * 2 ** 20), { expect: '100-continue' })
  expect(answer.status).toBe(413)
  expect(json(answer)).toMatchObject({ code: 'BODY_TOO_LARGE' })
  expect(await world.call(INFER, BODY)).toMatchObject({ status: 200 })
})

test('a private model wants a token of its project', async () => {
  const hash = (secret: string) => createHash('sha256').update(secret).digest('hex')
  const route = aRoute([world.arm('stable', 1, 1, ['rep_a'])], { predictions: 'token' })
  await world.route([route], {
    tokens: [
      { hash: hash('mine'), project: 'prj_1' },
      { hash: hash('other'), project: 'prj_2' },
      { hash: hash('everywhere') },
      { hash: hash('old'), project: 'prj_1', expiresAt: 1 },
    ],
  })
  const status = async (secret?: string) =>
    (await world.call(INFER, BODY, secret ? { authorization: `Bearer ${secret}` } : {})).status
  expect([await status(), await status('guess'), await status('old')]).toEqual([401, 401, 401])
  expect(await status('other')).toBe(403)
  expect([await status('mine'), await status('everywhere')]).toEqual([200, 200])
})

test('traffic is split by the weights, counted by step, and a caller may stick to its arm', async () => {
  await world.serve([aReplica('rep_a', 1), aReplica('rep_b', 1), aReplica('rep_c', 2)])
  const arms = [
    world.arm('stable', 1, 0.6, ['rep_a']),
    world.arm('baseline', 1, 0.2, ['rep_b']),
    world.arm('canary', 2, 0.2, ['rep_c']),
  ]
  await world.route([aRoute(arms, { rollout: { id: 'rol_1', step: 1 } })])
  const answers = await Promise.all(Array.from({ length: 2000 }, () => world.call(INFER, BODY)))
  expect(failures(answers)).toEqual([])
  const of = (arm: string) => answers.filter(({ headers }) => headers['ballast-arm'] === arm).length
  // Five standard deviations of a binomial are about 0.045.
  expect(of('stable') / 2000).toBeCloseTo(0.6, 1)
  expect(Math.abs(of('canary') / 2000 - 0.2)).toBeLessThan(0.05)
  expect(Math.abs(of('baseline') / 2000 - 0.2)).toBeLessThan(0.05)

  const counted = () => world.plane.gatewayReport?.rollouts.find(({ rollout }) => rollout === 'rol_1')
  await world.until(() => counted()?.arms.canary?.requests === of('canary'))
  const { canary, baseline } = counted()!.arms
  expect(baseline?.requests).toBe(of('baseline'))
  expect(canary?.errors).toBe(0)
  expect(Object.values(canary!.latency).reduce((a, b) => a + b)).toBe(of('canary'))

  const sticky = await Promise.all(
    Array.from({ length: 40 }, (_, i) => world.call(INFER, BODY, { 'ballast-affinity': `user ${i % 4}` })),
  )
  const armsOf = Map.groupBy(sticky.keys(), i => i % 4).values()
  for (const calls of armsOf) {
    expect(new Set(calls.map(i => sticky[i]!.headers['ballast-arm'])).size).toBe(1)
  }
})

test('when the control plane falls silent, the canary keeps no traffic past its lease', async () => {
  world.plane.beSilent()
  const canaries = async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => world.call(INFER, BODY)))
    expect(failures(answers)).toEqual([])
    return answers.filter(({ headers }) => headers['ballast-arm'] !== 'stable').length
  }
  await world.until(async () => (await canaries()) === 0)
  world.plane.speak()
  await world.until(async () => (await canaries()) > 0)
})

test('changing tables under load loses no request, and the last one is in force at once', async () => {
  const stable = aRoute([world.arm('stable', 1, 1, ['rep_a'])])
  const canary = aRoute([world.arm('stable', 1, 0.5, ['rep_a']), world.arm('canary', 2, 0.5, ['rep_c'])])
  const load = world.load(INFER, BODY, 16)
  for (let i = 0; i < 30; i++) await world.route([i % 2 ? stable : canary])
  await world.route([canary])
  await world.route([stable])
  const after = await Promise.all(Array.from({ length: 50 }, () => world.call(INFER, BODY)))
  expect(after.filter(({ headers }) => headers['ballast-arm'] === 'canary')).toEqual([])
  expect(failures(await load.stop())).toEqual([])
})

test.each([['one of two'], ['the only one']])(
  'killing a replica under load (%s) loses no request, and the host starts it again',
  async which => {
    const replicas = which === 'one of two' ? ['rep_a', 'rep_b'] : ['rep_a']
    await world.route([aRoute([world.arm('stable', 1, 1, replicas)])])
    const load = world.load(INFER, BODY, 16)
    for (let kill = 0; kill < 3; kill++) {
      const { pid } = world.replica('rep_a')!
      const before = load.count
      await world.until(() => load.count > before + 50)
      process.kill(pid!, 'SIGKILL')
      await world.until(() => {
        const now = world.replica('rep_a')
        return now?.phase === 'ready' && now.pid !== pid
      })
    }
    const answers = await load.stop()
    expect(answers.length).toBeGreaterThan(150)
    expect(failures(answers)).toEqual([])
  },
)

test('a canary that falls is counted, though stable answers in its place', async () => {
  const arms = [world.arm('stable', 1, 0.5, ['rep_a']), world.arm('canary', 2, 0.5, ['rep_c'])]
  await world.route([aRoute(arms, { rollout: { id: 'rol_2', step: 0 } })])
  const load = world.load(INFER, BODY, 16)
  await world.until(() => load.count > 200)
  process.kill(world.replica('rep_c')!.pid!, 'SIGKILL')
  const errors = () =>
    world.plane.gatewayReport?.rollouts.find(({ rollout }) => rollout === 'rol_2')?.arms.canary?.errors ?? 0
  await world.until(() => errors() > 0)
  expect(failures(await load.stop())).toEqual([])
})

test('a host that is killed leaves its replicas serving, and the next host takes them over', async () => {
  await world.until(() => world.replica('rep_c')?.phase === 'ready')
  await world.route([aRoute([world.arm('stable', 1, 1, ['rep_a'])])])
  const pids = ['rep_a', 'rep_b', 'rep_c'].map(id => world.replica(id)!.pid)
  const load = world.load(INFER, BODY, 8)
  await world.end('host', 'SIGKILL')
  const before = load.count
  await world.until(() => load.count > before + 100)
  world.plane.hostReport = undefined
  world.startHost()
  await world.until(() => ['rep_a', 'rep_b', 'rep_c'].every(id => world.replica(id)?.phase === 'ready'))
  expect(['rep_a', 'rep_b', 'rep_c'].map(id => world.replica(id)!.pid)).toEqual(pids)
  expect(failures(await load.stop())).toEqual([])

  // It watches those that it did not start.
  process.kill(pids[1]!, 'SIGKILL')
  await world.until(
    () => world.replica('rep_b')?.phase === 'ready' && world.replica('rep_b')?.pid !== pids[1],
  )
})

test('gateway and host work on, and start anew, while the control plane is away', async () => {
  await world.plane.stop()
  await world.end('gateway', 'SIGKILL')
  await world.end('host', 'SIGKILL')
  process.kill(world.replica('rep_a')!.pid!, 'SIGKILL')
  world.startGateway()
  world.startHost()
  await world.until(async () => {
    const answer = await world.call(INFER, BODY).catch(() => undefined)
    return answer?.status === 200
  })
  world.plane.hostReport = undefined
  await world.plane.start()
  await world.until(() => world.replica('rep_a')?.phase === 'ready')
})

test('a replica that is no longer wanted ends after the gateways left it', async () => {
  const { pid } = world.replica('rep_b')!
  await world.serve([aReplica('rep_a', 1), aReplica('rep_c', 2)])
  await world.until(() => world.replica('rep_b')?.phase === 'ended')
  expect(runs(pid!)).toBe(false)
  expect(world.plane.blobRequests).toBeLessThan(4)
})

test('a model that does not reproduce its reference outputs fails with the reason, and never serves', async () => {
  const path = join(world.folder, 'reference.onnx')
  await writeFile(path, mlp)
  const session = await loadOnnx(path)
  const x = { dtype: 'float32', shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) } as const
  const { probabilities } = await session.run({ x })
  await session.close()
  const scores = Float32Array.from(probabilities!.data as Float32Array)
  const wire = (name: string, shape: number[], data: Float32Array) => ({
    name,
    dtype: 'float32',
    shape,
    base64: Buffer.from(data.buffer).toString('base64'),
  })
  const reference = (data: Float32Array) => ({
    inputs: [wire('x', [1, 4], Float32Array.of(1, 2, 3, 4))],
    outputs: [wire('probabilities', [1, 3], data)],
    rtol: 1e-3,
    atol: 1e-5,
  })
  world.plane.want([
    aReplica('rep_a', 1),
    aReplica('rep_right', 5, { reference: reference(scores) }),
    aReplica('rep_wrong', 6, { reference: reference(scores.map(score => score + 0.1)) }),
    aReplica('rep_broken', 7, { files: [world.plane.addBlob('model.onnx', Buffer.from('no model'))] }),
  ])
  await world.until(() => world.replica('rep_right')?.phase === 'ready')
  await world.until(() => world.replica('rep_wrong')?.phase === 'failed')
  expect(world.replica('rep_wrong')?.reason).toMatch(
    /does not reproduce its reference outputs.*probabilities/,
  )
  await world.until(() => world.replica('rep_broken')?.phase === 'failed')
  expect(world.replica('rep_broken')?.reason).toMatch(/Could not load/)
})

test('a host that is asked to end takes its replicas with it', async () => {
  const pids = world.plane.hostReport!.replicas.flatMap(({ phase, pid }) =>
    phase === 'ready' && pid ? [pid] : [],
  )
  expect(pids.length).toBeGreaterThan(0)
  await world.end('host', 'SIGTERM')
  expect(pids.filter(runs)).toEqual([])
})
