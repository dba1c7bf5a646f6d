import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { buildOnnx, writeConvolutions, writeMlp } from '../../../../test/fixtures/onnx-builder.ts'
import type { Tensor, Tensors } from '../../../core/index.ts'
import { sliceAll, stackAll } from '../rows.ts'
import type { Lane } from './lane.ts'
import { LaneSet } from './lane-set.ts'
import { openLoopLane } from './loop.ts'
import { SLAB_BYTES } from './messages.ts'
import { fillArea, openParcel, planParcel } from './parcel.ts'
import { openThreadLane } from './thread.ts'

let folder: string
const open: Lane[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lanes-'))
  await writeFile(join(folder, 'mlp'), writeMlp(64, 16, 5))
  await writeFile(join(folder, 'convolutions'), writeConvolutions(16, 32, 4))
})
afterEach(async () => {
  for (const lane of open.splice(0)) await lane.close()
})
afterAll(() => rm(folder, { recursive: true }))

async function aThread(model: string): Promise<Lane> {
  const lane = await openThreadLane({ modelPath: join(folder, model), threads: 1 }, () => {})
  open.push(lane)
  return lane
}

async function aLoop(model: string) {
  const lane = await openLoopLane({ modelPath: join(folder, model), threads: 1 })
  open.push(lane)
  return lane
}

const floats = (shape: readonly number[], seed: number): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 0.7 + seed)),
})

/** Sizes on both sides of what the slab holds. */
const ROWS = [1, 3, 64, Math.ceil(SLAB_BYTES / (64 * 4)) + 10]

test('a thread computes what the loop does, by the slab and by what is handed over', async () => {
  const [thread, loop] = [await aThread('mlp'), await aLoop('mlp')]
  expect(thread.signature).toEqual(loop.signature)
  for (const rows of [...ROWS, ...ROWS]) {
    const parts = [{ x: floats([rows, 64], rows) }, { x: floats([2, 64], 7) }]
    const [there, here] = [await thread.run(parts), await loop.run(parts)]
    expect(there.outputs['probabilities']).toEqual(here.outputs['probabilities'])
    expect(there.outputs['probabilities']!.shape).toEqual([rows + 2, 5])
  }
})

test('outputs that the slab is too small for come as well, and no later run changes an answer', async () => {
  const [thread, loop] = [await aThread('convolutions'), await aLoop('convolutions')]
  const inputs = [1, 2, 3].map(seed => ({ x: floats([seed, 16, 32, 32], seed) }))
  const answers: Tensors[] = []
  for (const each of inputs) answers.push((await thread.run([each])).outputs)
  for (const [i, each] of inputs.entries()) {
    expect(answers[i]).toEqual({ ...(await loop.run([each])).outputs })
  }
  const small = await aThread('mlp')
  const first = (await small.run([{ x: floats([1, 64], 1) }])).outputs
  const kept = structuredClone(first)
  await small.run([{ x: floats([1, 64], 2) }])
  expect(first).toEqual(kept)
})

test('while a thread computes, this one goes on', async () => {
  const thread = await aThread('convolutions')
  let turns = 0
  // In the loop a run is one turn, or two.
  for (let runs = 0; runs < 5; runs++) {
    let done = false
    const run = thread.run([{ x: floats([8, 16, 32, 32], 1) }]).then(() => {
      done = true
    })
    while (!done) {
      turns++
      await new Promise(resolve => setImmediate(resolve))
    }
    await run
  }
  expect(turns).toBeGreaterThan(20)
})

test('what the model does not take is told as in the loop, and the next run is as if nothing was', async () => {
  const thread = await aThread('mlp')
  await expect(thread.run([{ x: floats([1, 63], 1) }])).rejects.toMatchObject({
    code: 'INPUT_SHAPE',
    message: expect.stringContaining('63'),
  })
  await expect(thread.run([{ x: floats([1, 64], 1) }], ['nothing'])).rejects.toMatchObject({
    code: 'PORT_UNKNOWN',
  })
  expect((await thread.run([{ x: floats([1, 64], 1) }])).outputs['probabilities']!.shape).toEqual([1, 5])
})

test('what can not be loaded says why', async () => {
  await writeFile(join(folder, 'text'), 'hello')
  await expect(aThread('text')).rejects.toMatchObject({ code: 'MODEL_UNLOADABLE', message: /a text file/ })
})

test('strings go to a thread and come back', async () => {
  const identity = buildOnnx({
    inputs: [{ name: 'x', element: 'string', shape: ['N'] }],
    outputs: [{ name: 'y', element: 'string', shape: ['N'] }],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
  })
  await writeFile(join(folder, 'strings'), identity)
  const thread = await aThread('strings')
  const texts = (...data: string[]): Tensors => ({ x: { dtype: 'string', shape: [data.length], data } })
  const { outputs } = await thread.run([texts('a', 'höher'), texts('')])
  expect(outputs['y']).toEqual({ dtype: 'string', shape: [3], data: ['a', 'höher', ''] })
})

test.each([
  ['thread', (path: string) => openThreadLane({ modelPath: path, threads: 1 }, () => {})],
  ['loop', (path: string) => openLoopLane({ modelPath: path, threads: 1 })],
])('closing waits for the run under way (%s)', async (_, openLane) => {
  const lane = await openLane(join(folder, 'convolutions'))
  const run = lane.run([{ x: floats([8, 16, 32, 32], 1) }])
  await Promise.all([lane.close(), lane.close()])
  expect((await run).outputs['y']!.shape).toEqual([8, 16, 32, 32])
  await expect(lane.run([{ x: floats([1, 16, 32, 32], 1) }])).rejects.toMatchObject({
    code: 'SESSION_CLOSED',
  })
})

test('a long run in the loop is cut where rows are independent, and answers the same', async () => {
  const loop = await aLoop('mlp')
  const inputs = { x: floats([1000, 64], 3) }
  const whole = await loop.run([inputs])
  loop.rowsAreIndependent = true
  let turns = 0
  const count = (): void => {
    turns++
    if (turns > 0) handle = setImmediate(count)
  }
  let handle = setImmediate(count)
  const cut = await loop.run([inputs])
  clearImmediate(handle)
  expect(turns).toBeGreaterThan(10)
  const [a, b] = [whole.outputs['probabilities']!, cut.outputs['probabilities']!]
  expect(b.shape).toEqual(a.shape)
  for (const [i, value] of (b.data as Float32Array).entries()) {
    expect(value).toBeCloseTo((a.data as Float32Array)[i]!, 5)
  }
})

test('a lane that is lost fails its run, and the next run gets a new one', async () => {
  const lost: ((error: Error) => void)[] = []
  const runs: string[] = []
  const set = await LaneSet.open({ kind: 'lanes', lanes: 2, threads: 1 }, async (_, onLost) => {
    const name = `lane ${lost.push(onLost)}`
    return {
      signature: { inputs: [], outputs: [] },
      run: async () => {
        runs.push(name)
        return { outputs: {}, inputMs: 0, inferMs: 0, outputMs: 0, cpuMs: 0 }
      },
      close: async () => {},
    }
  })
  await set.run(0, [])
  await set.run(1, [])
  lost[0]!(new Error('gone'))
  await set.run(0, [])
  await set.run(1, [])
  expect(runs).toEqual(['lane 1', 'lane 2', 'lane 3', 'lane 2'])
})

test('a set that can not be opened as a whole leaves nothing open', async () => {
  let closed = 0
  let opened = 0
  const opening = LaneSet.open({ kind: 'lanes', lanes: 3, threads: 1 }, async () => {
    if (++opened === 2) throw new Error('no memory')
    return {
      signature: { inputs: [], outputs: [] },
      run: () => Promise.reject(new Error('not run')),
      close: async () => {
        closed++
      },
    }
  })
  await expect(opening).rejects.toThrow('no memory')
  expect(closed).toBe(2)
})

test('parcels hold what was put in, stacked', () => {
  const tensors = fc
    .record({ rows: fc.integer({ min: 0, max: 4 }), seed: fc.integer({ min: 0, max: 99 }) })
    .map(
      ({ rows, seed }): Tensors => ({
        a: floats([rows, 3], seed),
        b: { dtype: 'uint8', shape: [rows], data: Uint8Array.from({ length: rows }, (_, i) => seed + i) },
        c: {
          dtype: 'int64',
          shape: [rows, 1],
          data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i - seed)),
        },
        d: { dtype: 'string', shape: [rows], data: Array.from({ length: rows }, (_, i) => `${seed} ${i}`) },
      }),
    )
  fc.assert(
    fc.property(fc.array(tensors, { minLength: 1, maxLength: 5 }), parts => {
      const parcel = planParcel(parts)
      const area = new Uint8Array(parcel.bytes + 64)
      fillArea(area, parcel, parts)
      expect(openParcel(parcel, area)).toEqual(stackAll(parts))
      expect(sliceAll(openParcel(parcel, area), 0, parts[0]!['a']!.shape[0]!)).toEqual(parts[0])
    }),
  )
})
