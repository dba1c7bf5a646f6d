import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Tensor, Tensors } from '../../../core/index.ts'
import { InferenceError } from '../../errors.ts'
import type { Outcome } from '../batching/index.ts'
import { AnswerCache, keyOf } from './answers.ts'
import { type Answered, Flights, type Question } from './flights.ts'

const floats = (...values: number[]): Tensor => ({
  dtype: 'float32',
  shape: [1, values.length],
  data: Float32Array.from(values),
})
const texts = (...data: string[]): Tensor => ({ dtype: 'string', shape: [data.length], data })

test.each<[string, Tensors, Tensors, readonly string[] | undefined, readonly string[] | undefined]>([
  ['a value', { x: floats(1, 2) }, { x: floats(1, 3) }, undefined, undefined],
  ['a sign of zero', { x: floats(0) }, { x: floats(-0) }, undefined, undefined],
  ['a name', { x: floats(1) }, { y: floats(1) }, undefined, undefined],
  ['a shape', { x: floats(1, 2) }, { x: { ...floats(1, 2), shape: [2, 1] } }, undefined, undefined],
  [
    'a type',
    { x: floats(0) },
    { x: { dtype: 'int32', shape: [1, 1], data: new Int32Array(1) } },
    undefined,
    undefined,
  ],
  ['the wanted outputs', { x: floats(1) }, { x: floats(1) }, ['a'], ['b']],
  ['all outputs and one', { x: floats(1) }, { x: floats(1) }, undefined, ['b']],
  ['where a text ends', { x: texts('ab', 'c') }, { x: texts('a', 'bc') }, undefined, undefined],
  [
    'which input has it',
    { x: floats(1), y: floats(2) },
    { x: floats(2), y: floats(1) },
    undefined,
    undefined,
  ],
])('%s makes another key', (_, a, b, wantedA, wantedB) => {
  expect(keyOf(a, wantedA)).not.toBe(keyOf(b, wantedB))
})

test('the order of inputs and of wanted outputs does not', () => {
  const [x, y] = [floats(1), floats(2)]
  expect(keyOf({ x, y }, ['a', 'b'])).toBe(keyOf({ y, x }, ['b', 'a']))
})

test('equal tensors have equal keys, different ones different keys', () => {
  const tensor = fc
    .array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 3 })
    .map(values => floats(...values))
  fc.assert(
    fc.property(tensor, tensor, (a, b) => {
      const same =
        a.data.length === b.data.length &&
        (a.data as Float32Array).every((value, i) => Object.is(value, b.data[i]))
      expect(keyOf({ x: a }, undefined) === keyOf({ x: b }, undefined)).toBe(same)
    }),
  )
})

test('what was used least recently is forgotten first, and never more is kept than allowed', () => {
  // An entry of 100 floats is 912 bytes: two fit.
  const cache = new AnswerCache(2000)
  const answer = (value: number): Tensors => ({ y: floats(...Array(100).fill(value)) })
  cache.put('a', answer(1))
  cache.put('b', answer(2))
  expect(cache.get('a')).toEqual(answer(1))
  cache.put('c', answer(3))
  expect(cache.get('b')).toBeUndefined()
  expect(cache.get('a')).toEqual(answer(1))
  expect(cache.get('c')).toEqual(answer(3))
  expect(cache.bytes).toBe(2 * 912)
  cache.put('c', answer(4))
  expect(cache.get('c')).toEqual(answer(4))
  expect(cache.bytes).toBe(2 * 912)
  cache.put('too large', { y: floats(...Array(1000).fill(0)) })
  expect(cache.get('too large')).toBeUndefined()
  expect(cache.get('a')).toEqual(answer(1))
})

test('what is kept is a copy: neither the batch that it was part of, nor what others do to it', () => {
  const cache = new AnswerCache(10_000)
  const batch = Float32Array.from({ length: 1000 }, (_, i) => i)
  const row = batch.subarray(10, 12)
  cache.put('a', { y: { dtype: 'float32', shape: [1, 2], data: row } })
  row.fill(-1)
  const kept = cache.get('a')!['y']!.data as Float32Array
  expect([...kept]).toEqual([10, 11])
  expect(kept.buffer.byteLength).toBe(8)
})

/** An engine whose answers come when the test says so. */
function anEngine(maxBytes = 10_000) {
  const asked: { question: Question; canceled: boolean; answer(outcome: Outcome<Tensors>): void }[] = []
  const counts = { hits: 0, misses: 0 }
  const flights = new Flights(
    maxBytes,
    (question, done) => {
      const ask = { question, canceled: false, answer: done }
      asked.push(ask)
      return () => {
        ask.canceled = true
      }
    },
    { hit: () => counts.hits++, missed: () => counts.misses++ },
    () => 0,
  )
  const told = new Map<string, Answered>()
  const ask = (who: string, value: number, { deadline = 100, priority = 2 } = {}) =>
    flights.submit({ inputs: { x: floats(value) }, outputs: undefined, deadline, priority }, outcome => {
      expect(told.has(who)).toBe(false)
      told.set(who, outcome)
    })
  return { asked, counts, told, ask }
}

const answered = (value: number): Outcome<Tensors> => ({
  kind: 'done',
  output: { y: floats(value) },
  queueMs: 1,
  computeMs: 2,
})
const failed = (code: 'DEADLINE_EXCEEDED' | 'INFERENCE_FAILED'): Outcome<Tensors> => ({
  kind: 'failed',
  error: new InferenceError(code, { message: 'no' }),
  queueMs: 1,
  computeMs: 0,
})

test('an equal question is answered from what is kept, another one is asked', () => {
  const { asked, counts, told, ask } = anEngine()
  ask('a', 1)
  asked[0]!.answer(answered(10))
  ask('b', 1)
  ask('c', 2)
  expect(asked).toHaveLength(2)
  expect(told.get('a')).toMatchObject({ cached: false, output: { y: floats(10) } })
  expect(told.get('b')).toMatchObject({ cached: true, output: { y: floats(10) } })
  expect(told.has('c')).toBe(false)
  expect(counts).toEqual({ hits: 1, misses: 2 })
})

test('equal questions under way are computed once', () => {
  const { asked, counts, told, ask } = anEngine()
  for (const who of ['a', 'b', 'c']) ask(who, 1)
  expect(asked).toHaveLength(1)
  asked[0]!.answer(answered(10))
  expect([...told.values()].map(({ kind, cached }) => [kind, cached])).toEqual([
    ['done', false],
    ['done', true],
    ['done', true],
  ])
  expect(counts).toEqual({ hits: 2, misses: 1 })
})

test.each([
  ['has less time', { deadline: 50 }],
  ['goes before', { priority: 1 }],
])('what %s does not wait behind an equal question', (_, more) => {
  const { asked, told, ask } = anEngine()
  ask('patient', 1)
  ask('urgent', 1, more)
  expect(asked).toHaveLength(2)
  asked[1]!.answer(answered(10))
  expect([...told.keys()]).toEqual(['urgent'])
  asked[0]!.answer(answered(10))
  expect([...told.keys()]).toEqual(['urgent', 'patient'])
})

test('whoever has time left asks again when the first one is too late', () => {
  const { asked, told, ask } = anEngine()
  ask('short', 1, { deadline: 50 })
  ask('long', 1)
  const cancel = ask('gone', 1)
  asked[0]!.answer(failed('DEADLINE_EXCEEDED'))
  expect([...told.keys()]).toEqual(['short'])
  expect(asked).toHaveLength(2)
  cancel()
  expect(asked[1]!.canceled).toBe(false)
  asked[1]!.answer(answered(10))
  expect([...told.keys()]).toEqual(['short', 'long'])
})

test('what fails fails for all who asked it, and is not kept', () => {
  const { asked, told, ask } = anEngine()
  ask('a', 1)
  ask('b', 1)
  asked[0]!.answer(failed('INFERENCE_FAILED'))
  expect([...told.values()].map(({ kind, cached }) => [kind, cached])).toEqual([
    ['failed', false],
    ['failed', false],
  ])
  ask('c', 1)
  expect(asked).toHaveLength(2)
})

test('the work is given up when the last one who waits for it goes', () => {
  const { asked, told, ask } = anEngine()
  const [first, second] = [ask('a', 1), ask('b', 1)]
  first()
  first()
  expect(asked[0]!.canceled).toBe(false)
  second()
  expect(asked[0]!.canceled).toBe(true)
  ask('c', 1)
  expect(asked).toHaveLength(2)
  asked[1]!.answer(answered(10))
  expect([...told.keys()]).toEqual(['c'])
})
