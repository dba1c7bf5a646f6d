import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Batcher } from './batcher.ts'
import type { Outcome } from './queues.ts'

interface Ask {
  readonly deadline?: number
  readonly key?: string
  readonly rows?: number
  readonly priority?: number
  readonly bytes?: number
}

/**
 * Lanes in virtual time: a run of b rows takes fixed + perRow · b, which the batcher has learnt. Runs end in the order
 * of their times, when the test lets time go on.
 */
function aWorld({ lanes = 1, fixed = 10, perRow = 1, maxWaiting = 1000, maxBatchRows = 64 } = {}) {
  let time = 0
  const under: { readonly end: number; readonly names: readonly string[]; finish(): void }[] = []
  const runs: { readonly names: readonly string[]; readonly lane: number; readonly at: number }[] = []
  const outcomes = new Map<string, Outcome<string> & { readonly at: number }>()
  const costOf = (rows: number) => fixed + perRow * rows
  const batcher = new Batcher<{ name: string; rows: number }, string>({
    now: () => time,
    lanes,
    maxWaiting,
    maxBatchRows,
    run: (inputs, lane) =>
      new Promise(resolve => {
        const names = inputs.map(({ name }) => name)
        const rows = inputs.reduce((sum, input) => sum + input.rows, 0)
        runs.push({ names, lane, at: time })
        under.push({
          end: time + costOf(rows),
          names,
          finish: () => resolve(names.map(name => `${name}!`)),
        })
      }),
  })
  for (const key of ['k', 'other', 'third']) {
    for (const rows of [1, 2, 4, 8, 16, 32, 64]) batcher.curve(key).observe(rows, costOf(rows))
  }
  const add = (name: string, { deadline = 1e9, key = 'k', rows = 1, priority = 2, bytes = 4 }: Ask = {}) =>
    batcher.add({
      input: { name, rows },
      key,
      alone: false,
      rows,
      bytes,
      priority,
      deadline,
      done: outcome => outcomes.set(name, { ...outcome, at: time }),
    })
  const turn = () => new Promise(resolve => setImmediate(resolve))
  return {
    batcher,
    runs,
    outcomes,
    add,
    turn,
    /** The next run ends; false when none is under way. */
    async step(): Promise<boolean> {
      await turn()
      under.sort((a, b) => a.end - b.end)
      const next = under.shift()
      if (next === undefined) return false
      time = Math.max(time, next.end)
      next.finish()
      await turn()
      return true
    },
    async toEnd(): Promise<void> {
      while (await this.step());
    },
  }
}

const codeOf = (outcome: Outcome<string> | undefined) =>
  outcome?.kind === 'failed' ? (outcome.error as { code?: string }).code : outcome?.kind

test('priority 1 goes before what asks for nothing, and 3 behind it, whatever their deadlines', async () => {
  const world = aWorld({ maxBatchRows: 1 })
  world.add('first')
  await world.turn()
  world.add('low', { priority: 3, deadline: 1000 })
  world.add('late', { deadline: 5000 })
  world.add('early', { deadline: 3000 })
  world.add('high', { priority: 1, deadline: 9000 })
  await world.toEnd()
  expect(world.runs.map(run => run.names[0])).toEqual(['first', 'high', 'early', 'late', 'low'])
})

test('lanes work at the same time, each on one batch', async () => {
  const world = aWorld({ lanes: 3, maxBatchRows: 2 })
  for (let i = 0; i < 8; i++) world.add(`${i}`)
  await world.turn()
  expect(world.batcher.running).toBe(3)
  expect(world.batcher.waiting).toBe(2)
  expect(new Set(world.runs.map(run => run.lane)).size).toBe(3)
  await world.toEnd()
  expect(world.runs.map(run => run.names.length)).toEqual([2, 2, 2, 2])
  expect([...world.outcomes.values()].every(outcome => outcome.kind === 'done')).toBe(true)
})

test('a lane that is no longer used gets no further batch, one that is used again does', async () => {
  const world = aWorld({ lanes: 2, maxBatchRows: 1 })
  for (let i = 0; i < 6; i++) world.add(`${i}`)
  await world.turn()
  world.batcher.use(1)
  for (let i = 0; i < 3; i++) await world.step()
  expect(world.runs.slice(2).every(run => run.lane === 0)).toBe(true)
  expect(world.batcher.running).toBe(1)
  world.batcher.use(2)
  await world.turn()
  expect(world.batcher.running).toBe(2)
  await world.toEnd()
  expect(world.outcomes.size).toBe(6)
})

test('what can not be in time behind what waits is told so at once, and when to come again', async () => {
  // 11 ms a run of one row; five wait behind the one that runs.
  const world = aWorld({ maxBatchRows: 1 })
  world.add('running')
  await world.turn()
  for (let i = 0; i < 5; i++) world.add(`${i}`, { deadline: 67 })
  world.add('hopeless', { deadline: 70 })
  expect(world.outcomes.get('hopeless')).toMatchObject({
    kind: 'failed',
    error: {
      code: 'DEADLINE_EXCEEDED',
      message: 'The request has 70 ms, and what is ahead of it takes about 77 ms',
      details: { headers: { 'retry-after': '1' } },
    },
  })
  // Behind nobody but what runs.
  world.add('urgent', { deadline: 70, priority: 1 })
  world.add('patient', { deadline: 200 })
  expect(world.outcomes.size).toBe(1)
  await world.toEnd()
  expect(codeOf(world.outcomes.get('patient'))).toBe('done')
  expect(world.outcomes.get('urgent')).toMatchObject({ kind: 'done', at: 22, queueMs: 11, computeMs: 11 })
})

test('what joins a batch costs its part of it, not a run of its own', async () => {
  const world = aWorld()
  world.add('running')
  await world.turn()
  // 11 ms of what runs, and one batch of 30 rows: 40.
  for (let i = 0; i < 30; i++) world.add(`${i}`, { deadline: 52.5 })
  expect(world.outcomes.size).toBe(0)
  world.add('one more', { deadline: 52.5 })
  world.add('too many', { deadline: 52.5, rows: 10 })
  await world.toEnd()
  expect([...world.outcomes.values()].filter(outcome => outcome.kind === 'done')).toHaveLength(32)
  expect(codeOf(world.outcomes.get('too many'))).toBe('DEADLINE_EXCEEDED')
})

test('more lanes make the same deadline possible', async () => {
  const refusals = [1, 4].map(async lanes => {
    const world = aWorld({ lanes, maxBatchRows: 1 })
    for (let i = 0; i < 40; i++) world.add(`${i}`, { deadline: 115 })
    await world.toEnd()
    return [...world.outcomes.values()].filter(outcome => outcome.kind === 'failed').length
  })
  expect(await Promise.all(refusals)).toEqual([30, 0])
})

test('a lane that waits takes what was learnt to be too slow, so that it can be unlearnt', async () => {
  const world = aWorld()
  for (let i = 0; i < 500; i++) world.batcher.curve('k').observe(1, 10_000)
  for (let i = 0; i < 200; i++) {
    world.add(`${i}`, { deadline: 1e9 })
    await world.step()
  }
  expect(world.batcher.curve('k').estimate(1)).toBeLessThan(50)
})

test('past the limit, a refusal says when what waits is worked off', async () => {
  const world = aWorld({ fixed: 900, perRow: 100, maxBatchRows: 1, maxWaiting: 7 })
  world.add('running')
  await world.turn()
  for (let i = 0; i < 8; i++) world.add(`${i}`)
  expect(world.outcomes.get('7')).toMatchObject({
    error: { code: 'QUEUE_FULL', details: { headers: { 'retry-after': '8' } } },
  })
  world.add('large', { bytes: 1e9 })
  expect(codeOf(world.outcomes.get('large'))).toBe('QUEUE_FULL')
})

test('a flood of one key does not starve another: who came first has the earlier deadline', async () => {
  const world = aWorld({ maxBatchRows: 4 })
  let at = 0
  const flood = (name: string) => {
    for (let i = 0; i < 200; i++) world.add(`${name} ${i}`, { deadline: 1e6 + at++ })
  }
  flood('before')
  world.add('alone', { key: 'other', deadline: 1e6 + at++ })
  flood('after')
  await world.toEnd()
  const started = world.runs.map(run => run.names[0]!.split(' ')[0])
  expect(started).toEqual([...Array(50).fill('before'), 'alone', ...Array(50).fill('after')])
})

test('a flood that keeps coming is overtaken by what waits longer', async () => {
  const world = aWorld({ maxBatchRows: 4, maxWaiting: 100_000 })
  for (let i = 0; i < 20; i++) world.add(`first ${i}`, { deadline: 10_000 })
  world.add('alone', { key: 'other', deadline: 10_500 })
  // Each run, more comes than is worked off.
  for (let round = 0; round < 100; round++) {
    for (let i = 0; i < 6; i++) world.add(`${round} ${i}`, { deadline: 10_000 + 14 * round })
    await world.step()
  }
  // 35 rounds until others' deadlines are later; by then 20 + 6 · 36 wait in 59 batches of 4.
  const at = world.runs.findIndex(run => run.names[0] === 'alone')
  expect(at).toBeGreaterThan(0)
  expect(at).toBeLessThan(65)
})

const asks = fc.array(
  fc.record({
    key: fc.constantFrom('k', 'other', 'third'),
    rows: fc.integer({ min: 1, max: 9 }),
    priority: fc.integer({ min: 1, max: 3 }),
    deadline: fc.integer({ min: 1, max: 400 }),
    cancel: fc.boolean(),
    steps: fc.integer({ min: 0, max: 2 }),
  }),
  { maxLength: 40 },
)

test('every request is told its own answer or a refusal, once, and lanes never overlap', async () => {
  await fc.assert(
    fc.asyncProperty(asks, fc.integer({ min: 1, max: 3 }), async (requests, lanes) => {
      const world = aWorld({ lanes, maxBatchRows: 8, maxWaiting: 12 })
      const canceled = new Set<string>()
      for (const [i, { steps, cancel, ...ask }] of requests.entries()) {
        const drop = world.add(`${i}`, ask)
        if (cancel && !world.outcomes.has(`${i}`)) {
          drop()
          canceled.add(`${i}`)
        }
        for (let step = 0; step < steps; step++) await world.step()
      }
      await world.toEnd()
      expect(world.batcher.waiting).toBe(0)
      expect(world.batcher.running).toBe(0)
      for (const [i, request] of requests.entries()) {
        const outcome = world.outcomes.get(`${i}`)
        if (canceled.has(`${i}`)) expect(outcome).toBeUndefined()
        else if (outcome?.kind === 'done') {
          expect(outcome.output).toBe(`${i}!`)
          expect(outcome.queueMs).toBeLessThan(request.deadline)
        } else expect(codeOf(outcome)).toMatch(/^(DEADLINE_EXCEEDED|QUEUE_FULL)$/)
      }
      for (const { names } of world.runs) {
        const ran = names.map(name => requests[Number(name)]!)
        expect(new Set(ran.map(({ key }) => key)).size).toBe(1)
        if (ran.length > 1) expect(ran.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(8)
      }
    }),
    { numRuns: 60 },
  )
})
