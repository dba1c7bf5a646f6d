import { expect, test } from 'vitest'
import type { Tensors } from '../../../core/index.ts'
import { type Lane, LaneSet, type OpenLane } from '../lanes/index.ts'
import { change, settle } from './settle.ts'
import type { Shape } from './shape.ts'

const inputs: Tensors = { x: { dtype: 'float32', shape: [4, 1], data: new Float32Array(4) } }
const trial = { inputs, rows: 4 }
const one: Shape = { kind: 'lanes', lanes: 1, threads: 1 }

/** Lanes whose runs take some turns of the event loop, by the shape. */
function aMachine(turnsOf: (shape: Shape) => number) {
  const open = new Map<object, Shape>()
  const opener: OpenLane = async shape => {
    const key = {}
    const lane: Lane = {
      signature: { inputs: [], outputs: [] },
      async run() {
        for (let turn = 0; turn < turnsOf(shape); turn++) await new Promise(resolve => setImmediate(resolve))
        return { outputs: {}, inputMs: 0, inferMs: 0, outputMs: 0, cpuMs: 0 }
      },
      async close() {
        open.delete(key)
      },
    }
    open.set(key, shape)
    return lane
  }
  return { open, opener }
}

const budget = { processors: 2, threads: undefined, models: 9 }

test.each([
  ['threads do not help', () => 50, { kind: 'lanes', lanes: 2, threads: 1 }, 2],
  [
    'threads help more than lanes',
    (shape: Shape) => (shape.kind === 'lanes' && shape.threads === 2 ? 10 : 50),
    { kind: 'lanes', lanes: 1, threads: 2 },
    1,
  ],
] as const)(
  'where %s, what computes more is kept and nothing else stays open',
  async (_, turns, shape, lanes) => {
    const { open, opener } = aMachine(turns)
    const first = await LaneSet.open(one, opener)
    const set = await settle(first, budget, trial, opener)
    expect(set.shape).toEqual(shape)
    expect(open.size).toBe(lanes)
    expect([...open.values()].every(each => each === set.shape)).toBe(true)
  },
)

test('where there is one way only, nothing is tried; the same shape stays as it is', async () => {
  const { open, opener } = aMachine(() => 1)
  const first = await LaneSet.open(one, opener)
  expect(await settle(first, { processors: 1, threads: undefined, models: 9 }, trial, opener)).toBe(first)
  expect(open.size).toBe(1)
  const loop = await change(first, { kind: 'loop' }, trial, opener)
  expect(loop.shape).toEqual({ kind: 'loop' })
  expect([...open.values()]).toEqual([{ kind: 'loop' }])
})

test('what nobody can try gets the frugal shape', async () => {
  const { open, opener } = aMachine(() => 1)
  const first = await LaneSet.open(one, opener)
  const set = await settle(first, budget, undefined, opener)
  expect(set.shape).toEqual({ kind: 'lanes', lanes: 1, threads: 2 })
  expect(open.size).toBe(1)
})

test('lanes that can not be opened leave the first one serving', async () => {
  const { open, opener } = aMachine(() => 1)
  const first = await LaneSet.open(one, opener)
  const failing: OpenLane = async (shape, onLost) => {
    if (shape.kind === 'lanes' && shape.lanes === 2) throw new Error('no memory')
    return opener(shape, onLost)
  }
  expect((await settle(first, budget, trial, failing)).shape).toEqual({ kind: 'lanes', lanes: 1, threads: 2 })
  expect(open.size).toBe(1)
})

test.each(['open', 'run'] as const)(
  'a shape that fails to %s leaves what was there, and nothing else',
  async where => {
    const { open, opener } = aMachine(() => 1)
    const first = await LaneSet.open(one, opener)
    const failing: OpenLane = async (shape, onLost) => {
      if (where === 'open') throw new Error('no memory')
      const lane = await opener(shape, onLost)
      return { ...lane, run: () => Promise.reject(new Error('no memory')) }
    }
    await expect(change(first, { kind: 'loop' }, trial, failing)).rejects.toThrow('no memory')
    expect([...open.values()]).toEqual([one])
  },
)
