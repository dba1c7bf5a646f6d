import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sourceOf } from '../../core/index.ts'
import { CsvParser, MAX_CELL_LENGTH } from './parser.ts'
import { openCsv, readCsv } from './read.ts'

const source = (text: string) => sourceOf(Buffer.from(text), 'data.csv')
const rowsOf = async (text: string) => collect(readCsv(source(text)))
const cellsOf = async (text: string) => (await rowsOf(text)).map(({ cells }) => cells)

test.each([
  [
    'a,b\n1,2\n',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'a,b\r\n1,2',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  ['a\rb\r', [['a'], ['b']]],
  ['"a,b","c""d"\n', [['a,b', 'c"d']]],
  ['"two\r\nlines",x\n', [['two\r\nlines', 'x']]],
  [',\n', [['', '']]],
  ['\n\na\n\n', [['a']]],
  ['""\n', [['']]],
  ['', []],
  ['\ufeffa,b\n', [['a', 'b']]],
  ['a, b ,"c"', [['a', ' b ', 'c']]],
] as const)('%j', async (text, cells) => {
  expect(await cellsOf(text)).toEqual(cells)
})

test('rows know their lines, with quoted line ends counted', async () => {
  const rows = await rowsOf('a\n"b\r\nb\nb"\n\nc\n')
  expect(rows.map(({ line }) => line)).toEqual([1, 2, 6])
})

test('what is written is read, wherever the pieces are cut', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', '狗', '') })
  const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 5 })
  fc.assert(
    fc.property(table, fc.constantFrom('\n', '\r\n'), fc.integer({ min: 1, max: 7 }), (rows, end, piece) => {
      const text = rows
        .map(row => row.map(value => `"${value.replaceAll('"', '""')}"`).join(',') + end)
        .join('')
      const parser = new CsvParser('x', ',')
      const found = []
      for (let at = 0; at < text.length; at += piece) found.push(...parser.push(text.slice(at, at + piece)))
      found.push(...parser.end())
      expect(found.map(({ cells }) => cells)).toEqual(rows)
    }),
  )
})

describe('refused, with the line', () => {
  test.each([
    ['a,b\n1,2"3\n', 'data.csv:2: found a quote within a cell that does not begin with one'],
    ['a\n"b"c\n', "data.csv:2: found 'c' behind a closing quote"],
    ['a\n\n"b\nc', 'data.csv:4: the quote opened in line 3 is never closed'],
  ])('%j', async (text, message) => {
    await expect(rowsOf(text)).rejects.toMatchObject({ code: 'CSV_INVALID', message })
  })

  test('a cell without end', async () => {
    await expect(rowsOf(`"${'x'.repeat(MAX_CELL_LENGTH + 1)}`)).rejects.toMatchObject({ code: 'CSV_INVALID' })
  })

  test('bytes that are not UTF-8', async () => {
    const bytes = sourceOf(Uint8Array.of(0x61, 0xff, 0x0a), 'data.csv')
    await expect(collect(readCsv(bytes))).rejects.toMatchObject({
      code: 'CSV_INVALID',
      message: /UTF-8/,
    })
  })
})

describe('a table', () => {
  test('has named columns, and rows that may be read twice', async () => {
    const table = await openCsv(source('x,y\n1,2\n3,4\n'))
    expect(table.columns).toEqual(['x', 'y'])
    for (let time = 0; time < 2; time++) {
      expect((await collect(table.rows())).map(({ cells }) => cells)).toEqual([
        ['1', '2'],
        ['3', '4'],
      ])
    }
  })

  test.each([
    ['', /is empty/],
    ['x,x\n', /'x' is empty or occurs twice/],
    ['x,\n', /'' is empty or occurs twice/],
  ])('needs a header: %j', async (text, message) => {
    await expect(openCsv(source(text))).rejects.toMatchObject({
      code: 'CSV_INVALID',
      message: expect.stringMatching(message),
    })
  })

  test('needs rows as wide as the header', async () => {
    const table = await openCsv(source('x,y\n1,2\n3\n'))
    await expect(collect(table.rows())).rejects.toMatchObject({
      message: 'data.csv:3: expected 2 cells, found 1',
    })
  })
})

async function collect<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = []
  for await (const row of rows) all.push(row)
  return all
}
