import { describe, expect, test } from 'vitest'
import type { TensorSpec } from '../../../model/index.ts'
import { aModel, answered, floats, people, read, scores, x } from './testing.ts'

describe('answers', () => {
  const one = { scores: floats([1, 2], 0.25, 0.75) }
  const two = { scores: floats([2, 2], 0.25, 0.75, 1, 0) }

  test('one example has an object, several a list; a list of one stays one', async () => {
    const row = '{"age":1,"city":"Rome"}'
    expect(JSON.parse(answered(await read(row), one).text)).toEqual({
      model: 'm',
      version: 3,
      label: 'yes',
      index: 1,
      score: 0.75,
      top: [
        { label: 'yes', index: 1, score: 0.75 },
        { label: 'no', index: 0, score: 0.25 },
      ],
    })
    expect(JSON.parse(answered(await read(`[${row}]`), one).text).predictions).toHaveLength(1)
    const several = JSON.parse(answered(await read(`[${row},${row}]`), two).text)
    expect(several).toMatchObject({ model: 'm', predictions: [{ label: 'yes' }, { label: 'no', score: 1 }] })
    expect(JSON.parse(answered(await read('1,Rome', 'text/csv'), one).text)).toMatchObject({ label: 'yes' })
  })

  test('as CSV, and as lines of JSON', async () => {
    const rows = '1,Rome\n2,Rome'
    const csv = answered(await read(rows, 'text/csv', people, 'text/csv'), two)
    expect(csv).toEqual({
      type: 'text/csv; charset=utf-8; header=present',
      text: 'label,index,score\r\nyes,1,0.75\r\nno,0,1\r\n',
    })
    const lines = answered(await read(rows, 'text/csv', people, 'application/x-ndjson'), two).text.trimEnd()
    expect(lines.split('\n').map(line => JSON.parse(line).label)).toEqual(['yes', 'no'])
  })

  test('named values, and outputs beside them', async () => {
    const spread: TensorSpec = { name: 'spread', dtype: 'float64', shape: ['N', 2, 2] }
    const id: TensorSpec = { name: 'id', dtype: 'int64', shape: ['N'] }
    const model = aModel(
      [x],
      { task: 'regression', labels: [], answer: { names: ['price', 'a "b"'], outputs: ['spread', 'id'] } },
      [scores, spread, id],
    )
    const outputs = {
      scores: floats([2, 2], 1, 2, 3, 4),
      spread: { dtype: 'float64', shape: [2, 2, 2], data: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
      id: { dtype: 'int64', shape: [2], data: BigInt64Array.of(7n, 2n ** 60n) },
    } as const
    const call = await read('[[1,2],[3,4]]', undefined, model)
    expect(call.outputs).toEqual(['scores', 'spread', 'id'])
    expect(JSON.parse(answered(call, outputs).text).predictions).toEqual([
      {
        values: { price: 1, 'a "b"': 2 },
        outputs: {
          spread: [
            [1, 2],
            [3, 4],
          ],
          id: 7,
        },
      },
      {
        values: { price: 3, 'a "b"': 4 },
        outputs: {
          spread: [
            [5, 6],
            [7, 8],
          ],
          id: '1152921504606846976',
        },
      },
    ])
    const csv = answered(await read('[[1,2],[3,4]]', undefined, model, 'text/csv'), outputs).text
    expect(csv.split('\r\n')[0]).toBe('price,"a ""b""",spread_0,spread_1,spread_2,spread_3,id')
  })

  test('of many classes, those that count', async () => {
    const model = aModel([x], { answer: { classes: 'many', threshold: 0.7 } })
    const call = await read('[[1,2],[3,4]]', undefined, model)
    expect(JSON.parse(answered(call, two).text).predictions).toMatchObject([
      { labels: ['yes'] },
      { labels: ['no'] },
    ])
    const csv = answered(await read('[[1,2],[3,4]]', undefined, model, 'text/csv'), two).text
    expect(csv).toBe('no,yes\r\nfalse,true\r\ntrue,false\r\n')
  })

  test('a generic model tells all its outputs', async () => {
    const more: TensorSpec = { name: 'more', dtype: 'float32', shape: ['N'] }
    const call = await read('[1,2]', undefined, aModel([x], { task: 'generic', labels: [] }, [scores, more]))
    expect(JSON.parse(answered(call, { ...one, more: floats([1], 9) }).text)).toMatchObject({
      dtype: 'float32',
      shape: [1, 2],
      data: [0.25, 0.75],
      outputs: { more: 9 },
    })
  })

  test('an output that has no row for each example is no answer', async () => {
    const call = await read('[[1,"Rome"],[2,"Rome"]]')
    expect(() => call.encode(one)).toThrow(expect.objectContaining({ code: 'OUTPUT_INVALID' }))
  })

  test('an output beside that is not there is told', async () => {
    await expect(
      read('[1,2]', undefined, aModel([x], { answer: { outputs: ['score'] } })),
    ).rejects.toMatchObject({
      code: 'PORT_UNKNOWN',
      hint: "Did you mean 'scores'?",
    })
  })
})
