import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Slot, Slots } from './slots.ts'

const never = new AbortController().signal

/** Takes places for jobs of these priorities; tells in which order they came. */
function askAll(slots: Slots, priorities: Readonly<Record<string, number>>) {
  const given: string[] = []
  const places = new Map<string, Slot>()
  for (const [name, priority] of Object.entries(priorities))
    void slots.take(priority, never).then(slot => {
      given.push(name)
      places.set(name, slot)
    })
  return { given, places }
}

const settled = () => new Promise<void>(resolve => queueMicrotask(resolve))

describe('places for jobs', () => {
  test('go to whoever has most behind it, of equals to the first', async () => {
    const slots = new Slots({ limit: 1, cores: 1, roomy: () => true })
    const { given, places } = askAll(slots, { first: 0, small: 1, large: 9, equal: 9 })
    for (const name of ['first', 'large', 'equal']) {
      await settled()
      places.get(name)!.free()
    }
    await settled()
    expect(given).toEqual(['first', 'large', 'equal', 'small'])
  })

  test('have numbers that no other place in use has', async () => {
    const slots = new Slots({ limit: 2, cores: 1, roomy: () => true })
    const { places } = askAll(slots, { a: 0, b: 0, c: 0 })
    await settled()
    places.get('a')!.free()
    await settled()
    expect(['a', 'b', 'c'].map(name => places.get(name)!.number)).toEqual([0, 1, 0])
  })

  test('freed twice, a place is free once', async () => {
    const slots = new Slots({ limit: 1, cores: 1, roomy: () => true })
    const { given, places } = askAll(slots, { a: 0, b: 0, c: 0 })
    await settled()
    places.get('a')!.free()
    places.get('a')!.free()
    await settled()
    expect(given).toEqual(['a', 'b'])
  })

  test('whoever is canceled waits no longer', async () => {
    const slots = new Slots({ limit: 1, cores: 1, roomy: () => true })
    const { places } = askAll(slots, { a: 0 })
    const stop = new AbortController()
    const waiting = slots.take(0, stop.signal)
    stop.abort(new Error('stopped'))
    await expect(waiting).rejects.toThrow('stopped')
    places.get('a')!.free()
    expect(slots.taken).toBe(0)
  })
})

describe('as many as the machine bears', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  async function after(options: {
    readonly busy: number | undefined
    readonly roomy: boolean
  }): Promise<number> {
    const slots = new Slots({ limit: 'auto', cores: 2, roomy: () => options.roomy, busy: () => options.busy })
    const { places } = askAll(
      slots,
      Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`job${n}`, 0])),
    )
    for (let n = 0; n < 40; n++) {
      await settled()
      vi.advanceTimersByTime(10)
    }
    const { taken } = slots
    for (const slot of places.values()) slot.runs(1)
    return taken
  }

  test.each([
    ['jobs that compute get the cores', { busy: 2, roomy: true }, 2],
    ['jobs that sleep leave room for more, up to a limit', { busy: 0, roomy: true }, 64],
    ['without memory to spare there are no more', { busy: 0, roomy: false }, 2],
    ['where nobody can tell, there are as many as cores', { busy: undefined, roomy: true }, 2],
  ])('%s', async (_what, options, taken) => {
    expect(await after(options)).toBe(taken)
  })
})
