import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Room } from './room.ts'

const GIB = 1024 ** 3

describe('a machine of 8 cores, 16 GiB and 4 slots', () => {
  test.each([
    { running: [], freeSlots: 4, free: 8 },
    { running: [undefined], freeSlots: 3, free: 6 },
    { running: [undefined, undefined, undefined, undefined], freeSlots: 0, free: 0 },
    { running: [{ cpu: 6 }], freeSlots: 1, free: 2 },
    { running: [{ cpu: 0.5 }], freeSlots: 3, free: 7.5 },
    { running: [{ memoryBytes: 10 * GIB }], freeSlots: 1, free: 8 },
    { running: [{ cpu: 12 }], freeSlots: 0, free: 0 },
  ])('with $running has $freeSlots slots free', ({ running, freeSlots, free }) => {
    const room = new Room({ cpu: 8, memoryBytes: 16 * GIB }, 4)
    for (const resources of running) room.take(room.shareOf(resources))
    expect(room.freeSlots).toBe(freeSlots)
    expect(room.free.cpu).toBe(free)
  })

  test('takes a job that is larger than itself while it is idle, and nothing beside it', () => {
    const room = new Room({ cpu: 8, memoryBytes: 16 * GIB }, 4)
    const large = room.shareOf({ cpu: 64 })
    expect(room.fits(large)).toBe(true)
    room.take(large)
    expect(room.fits(room.shareOf(undefined))).toBe(false)
    room.give(large)
    room.take(room.shareOf(undefined))
    expect(room.fits(large)).toBe(false)
  })
})

test('as many jobs as there are slots fit, whatever the machine', () => {
  const cpu = fc.double({ min: 0.1, max: 512, noNaN: true })
  fc.assert(
    fc.property(
      cpu,
      fc.integer({ min: 1, max: 2 ** 45 }),
      fc.integer({ min: 1, max: 64 }),
      (cores, bytes, slots) => {
        const room = new Room({ cpu: cores, memoryBytes: bytes }, slots)
        for (let n = slots; n > 0; n--) {
          expect(room.freeSlots).toBe(n)
          expect(room.fits(room.shareOf(undefined))).toBe(true)
          room.take(room.shareOf(undefined))
        }
        expect(room.freeSlots).toBe(0)
        expect(room.fits(room.shareOf(undefined))).toBe(false)
        for (let n = 0; n < slots; n++) room.give(room.shareOf(undefined))
        expect(room.freeSlots).toBe(slots)
      },
    ),
  )
})
