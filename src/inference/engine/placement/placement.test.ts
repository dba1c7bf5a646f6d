import { expect, test } from 'vitest'
import { sampleOf, usable } from './free-cpu.ts'
import { best, candidates, modelsThatFit, type Shape, Tuner, type Window } from './shape.ts'

const lanes = (lanes: number, threads: number) => ({ kind: 'lanes', lanes, threads }) as const

test.each([
  [{ processors: 1, threads: undefined, models: 9 }, [lanes(1, 1)]],
  [{ processors: 4, threads: undefined, models: 9 }, [lanes(1, 4), lanes(4, 1)]],
  [{ processors: 4, threads: undefined, models: 2 }, [lanes(1, 4), lanes(2, 1)]],
  [{ processors: 4, threads: undefined, models: 1 }, [lanes(1, 4)]],
  [{ processors: 8, threads: 3, models: 9 }, [lanes(2, 3)]],
  [{ processors: 2, threads: 3, models: 9 }, [lanes(1, 3)]],
])('with %o, what is tried', (budget, expected) => {
  expect(candidates(budget)).toEqual(expected)
})

test('more lanes must win clearly: they cost the memory again', () => {
  const [threads, parallel] = [lanes(1, 4), lanes(4, 1)]
  const rates = (a: number, b: number) => [
    { shape: threads, rate: a },
    { shape: parallel, rate: b },
  ]
  expect(best(rates(100, 105))).toBe(threads)
  expect(best(rates(100, 120))).toBe(parallel)
  expect(best([])).toBeUndefined()
})

test.each([
  [100, 1000, 6],
  [100, 150, 1],
  [600, 1000, 1],
  [0, 1000, 501],
])('models of %d bytes with %d free: %d', (bytes, free, models) => {
  expect(modelsThatFit(bytes, free)).toBe(models)
})

test('processors are told by what idles and what is used already', () => {
  const at = (idle: number, total: number, own: number) => ({ idle, total, own, processors: 4 })
  // 10 seconds on 4 processors: 15 of 40 idle, 12 are ours.
  const sample = sampleOf(at(100, 1000, 5), at(115, 1040, 17))
  expect(sample).toEqual({ idle: 1.5, own: 1.2 })
  expect(sampleOf(at(0, 0, 0), at(0, 0, 0))).toBeUndefined()
  expect(usable({ idle: 0, own: 0.1 }, 1000)).toBe(1)
  expect(usable({ idle: 0.4, own: 0.9 }, 1)).toBe(1)
  expect(usable(undefined, 1)).toBe(1)
})

const quiet: Window = { runs: 100, meanMs: 10, usable: 4 }
const looks = (shape: Shape, active: number, windows: readonly Partial<Window>[], fixed = false) => {
  const tuner = new Tuner()
  return windows.map(window => tuner.look(shape, active, { ...quiet, ...window }, fixed))
}
const stay = { kind: 'stay' }

test('a lane less works once others need the processors for two windows', () => {
  expect(looks(lanes(4, 1), 4, [{ usable: 1 }, { usable: 1 }])).toEqual([stay, { kind: 'use', lanes: 3 }])
  expect(looks(lanes(4, 1), 2, [{ usable: 4 }, { usable: 4 }])).toEqual([stay, { kind: 'use', lanes: 3 }])
  expect(looks(lanes(4, 1), 4, [{ usable: 1 }, { usable: 4 }, { usable: 1 }])).toEqual([stay, stay, stay])
  expect(looks(lanes(4, 1), 1, [{ usable: 1 }, { usable: 1 }, { usable: 1 }])).toEqual([stay, stay, stay])
})

test('other threads need the model loaded anew: only for half or twice as many, for four windows', () => {
  const windows = (usable: number) => Array(4).fill({ usable })
  expect(looks(lanes(1, 4), 1, windows(2)).at(-1)).toEqual({ kind: 'reload', shape: lanes(1, 2) })
  expect(looks(lanes(1, 4), 1, windows(3)).at(-1)).toEqual(stay)
  expect(looks(lanes(1, 4), 1, windows(2).slice(1)).at(-1)).toEqual(stay)
  expect(looks(lanes(1, 4), 1, windows(2), true).at(-1)).toEqual(stay)
  expect(looks(lanes(1, 2), 1, windows(4)).at(-1)).toEqual({ kind: 'reload', shape: lanes(1, 4) })
})

test('runs in the loop that became long move to a thread; a few do not count', () => {
  const loop = { kind: 'loop' } as const
  expect(looks(loop, 1, [{ meanMs: 5 }])).toEqual([{ kind: 'reload', shape: lanes(1, 1) }])
  expect(looks(loop, 1, [{ meanMs: 5, runs: 3 }])).toEqual([stay])
  expect(looks(loop, 1, [{ meanMs: 1.5 }])).toEqual([stay])
})

test('nothing changes while nothing runs, or where the system does not tell', () => {
  const idle = Array(9).fill({ runs: 0, usable: 1 })
  expect(looks(lanes(4, 1), 4, idle)).toEqual(idle.map(() => stay))
  const untold = Array(9).fill({ usable: undefined })
  expect(looks(lanes(4, 1), 4, untold)).toEqual(untold.map(() => stay))
})
