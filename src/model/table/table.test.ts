import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Dtype, Json, Tensors } from '../../core/index.ts'
import { ModelError } from '../errors.ts'
import { modelConfigSchema } from '../schema.ts'
import type { ModelSignature, TensorSpec } from '../types.ts'
import { compileTable, valueIn } from './table.ts'
import type { TableColumn, TableRecord } from './types.ts'

const FIXTURES = new URL('../../../test/fixtures/inference/table/', import.meta.url)
const signature = (
  ...inputs: readonly (readonly [string, Dtype, TensorSpec['shape']])[]
): ModelSignature => ({
  inputs: inputs.map(([name, dtype, shape]) => ({ name, dtype, shape })),
  outputs: [],
})
const vector = (width: number | null, dtype: Dtype = 'float32') => signature(['x', dtype, ['N', width]])

function table(
  columns: readonly TableColumn[] | undefined,
  model = vector(columns?.length ?? null),
  more: { input?: string; preprocess?: [{ kind: 'scale'; factor: number }] } = {},
) {
  return compileTable(model, { preprocess: [], ...more, ...(columns && { columns }) })
}

function ofRecords(compiled: ReturnType<typeof table>, records: readonly TableRecord[]): Tensors {
  for (const [row, record] of records.entries()) compiled.checkRecord(record, `Row ${row + 1}`)
  return compiled.tensors({
    count: records.length,
    value: (row, column) => valueIn(records[row]!, compiled.columns[column]!),
  })
}

/** One cell through one column, into an input of one element. */
function cell(column: Omit<TableColumn, 'name'>, value: Json | undefined, dtype: Dtype = 'float64') {
  const compiled = table([{ name: 'c', ...column }], vector(null, dtype))
  return Array.from(compiled.tensors({ count: 1, value: () => value })['x']!.data as ArrayLike<unknown>)
}

describe('cells', () => {
  test.each<[Omit<TableColumn, 'name'>, Json, Dtype, unknown[]]>([
    [{ type: 'float' }, ' -1.5e3 ', 'float64', [-1500]],
    [{ type: 'float' }, 0.1, 'float32', [Math.fround(0.1)]],
    [{ type: 'float' }, '2.5', 'float16', [new Uint16Array(Float16Array.of(2.5).buffer)[0]]],
    [{ type: 'integer' }, '+12', 'int32', [12]],
    [{ type: 'integer' }, '3.0', 'int64', [3n]],
    [{ type: 'integer' }, '9007199254740993', 'int64', [9007199254740993n]],
    [{ type: 'integer' }, '-9223372036854775808', 'int64', [-(2n ** 63n)]],
    [{ type: 'integer' }, '18446744073709551615', 'uint64', [2n ** 64n - 1n]],
    [{ type: 'boolean' }, 'True', 'bool', [1]],
    [{ type: 'boolean' }, 'no', 'float32', [0]],
    [{ type: 'boolean' }, true, 'int64', [1n]],
    [{ type: 'text' }, 'NA', 'string', ['NA']],
    [{ type: 'text' }, '', 'string', ['']],
    [{ type: 'category', values: ['a', 'NA'] }, 'NA', 'int64', [1n]],
    [{ type: 'category', values: ['2024', 'true'] }, 2024, 'float64', [0]],
    [{ type: 'category', values: ['2024', 'true'] }, true, 'float64', [1]],
    [{ type: 'category', values: ['Berlin', '北京'] }, '北京', 'string', ['北京']],
    [{ type: 'category', values: ['a', 'b', 'c'], encoding: 'one-hot' }, 'b', 'float32', [0, 1, 0]],
    [{ type: 'date' }, '1970-01-02', 'int64', [1n]],
    [{ type: 'date' }, '1969-12-31T23:59:59Z', 'int32', [-1]],
    [{ type: 'date', unit: 'seconds' }, '2026-11-27 21:00:00.5+01:00', 'float64', [1795809600.5]],
  ])('%j takes %j as %s', (column, value, dtype, expected) => {
    expect(cell(column, value, dtype)).toEqual(expected)
  })

  test.each<[Omit<TableColumn, 'name'>, Json | undefined, Dtype, RegExp]>([
    [{ type: 'float' }, 'abc', 'float32', /Row 1, column 'c': expected a number, found 'abc'/],
    [{ type: 'float' }, '0x10', 'float32', /found '0x10'/],
    [{ type: 'float' }, 'inf', 'float32', /expected a number/],
    [{ type: 'float' }, JSON.parse('1e999'), 'float64', /found Infinity/],
    [{ type: 'float' }, '1e999', 'float64', /expected a number/],
    [{ type: 'float' }, 1e39, 'float32', /beyond what float32 holds/],
    [{ type: 'float' }, 70000, 'float16', /beyond what float16 holds/],
    [{ type: 'float' }, true, 'float32', /found true/],
    [{ type: 'float' }, [1], 'float32', /found a list/],
    [{ type: 'float' }, { a: 1 }, 'float32', /found an object/],
    [{ type: 'float' }, '1'.repeat(500), 'float64', /found '1{40}'/],
    [{ type: 'float' }, null, 'float32', /it is missing/],
    [{ type: 'float' }, '', 'float32', /it is missing \(''\)/],
    [{ type: 'float' }, undefined, 'float32', /it is missing/],
    [{ type: 'float' }, 1.5, 'int32', /1.5 is no whole number/],
    [{ type: 'integer' }, '1.5', 'int64', /expected a whole number/],
    [{ type: 'integer' }, 2 ** 53, 'int64', /expected a whole number/],
    [{ type: 'integer' }, '9223372036854775808', 'int64', /beyond what int64 holds/],
    [{ type: 'integer' }, 300, 'uint8', /300 is beyond what uint8 holds/],
    [{ type: 'integer' }, -1, 'uint8', /beyond what uint8 holds/],
    [{ type: 'boolean' }, 'maybe', 'bool', /expected true or false/],
    [{ type: 'boolean' }, 2, 'bool', /expected true or false/],
    [{ type: 'text' }, 5, 'string', /expected a text, found 5/],
    [{ type: 'text' }, null, 'string', /it is missing/],
    [{ type: 'category', values: ['a', 'b'] }, 'c', 'int64', /expected one of 'a', 'b', found 'c'/],
    [{ type: 'category', values: ['a', 'b'] }, ' a', 'int64', /found ' a'/],
    [{ type: 'date' }, '2026-02-30', 'int64', /expected a date/],
    [{ type: 'date' }, '2026-1-1', 'int64', /expected a date/],
    [{ type: 'date' }, '2026-01-01T24:00', 'int64', /expected a date/],
    [{ type: 'date' }, 5, 'int64', /expected a date/],
  ])('%j refuses %j as %s', (column, value, dtype, message) => {
    expect(() => cell(column, value, dtype)).toThrow(
      expect.objectContaining({ code: 'EXAMPLE_INVALID', message: expect.stringMatching(message) }),
    )
  })

  test.each<[Omit<TableColumn, 'name'>, Json | undefined, Dtype, unknown[]]>([
    [{ type: 'float', missing: { kind: 'nan' } }, 'N/A', 'float32', [Number.NaN]],
    [{ type: 'float', missing: { kind: 'value', value: -1 } }, undefined, 'float32', [-1]],
    [{ type: 'float', missing: { kind: 'nan' }, missingValues: ['?'] }, ' ? ', 'float64', [Number.NaN]],
    [{ type: 'text', missing: { kind: 'value', value: 'none' } }, null, 'string', ['none']],
    [{ type: 'text', missing: { kind: 'value', value: 7 }, missingValues: ['-'] }, '-', 'string', ['7']],
    [{ type: 'date', missing: { kind: 'value', value: '1970-01-11' } }, '', 'int64', [10n]],
    [{ type: 'category', values: ['a'], missing: { kind: 'value', value: -2 } }, '', 'int64', [-2n]],
    [{ type: 'category', values: ['a', 'b'], unknown: { kind: 'value', value: 'b' } }, 'z', 'int64', [1n]],
    [{ type: 'category', values: ['a'], unknown: { kind: 'value', value: -1 } }, 'z', 'float32', [-1]],
    [
      { type: 'category', values: ['a'], unknown: { kind: 'value', value: 'other' } },
      'z',
      'string',
      ['other'],
    ],
    [{ type: 'category', values: ['a'], unknown: { kind: 'nan' } }, 'z', 'float64', [Number.NaN]],
    [
      { type: 'category', values: ['a', 'b'], encoding: 'one-hot', unknown: { kind: 'ignore' } },
      'z',
      'float32',
      [0, 0],
    ],
  ])('%j has a stand-in for %j', (column, value, dtype, expected) => {
    expect(cell(column, value, dtype)).toEqual(expected)
  })

  test('without a list of spellings, NA is missing, but to a text', () => {
    expect(() => cell({ type: 'float' }, 'NA')).toThrow(/missing/)
    expect(() => cell({ type: 'float', missingValues: ['?'] }, 'NA')).toThrow(/expected a number/)
  })
})

describe('columns and inputs', () => {
  const two = signature(['age', 'float32', ['N', 1]], ['city', 'string', ['N', 1]])

  test('each goes to the input of its name, the others to the one that is left', () => {
    const model = signature(['numbers', 'float32', ['N', 2]], ['city', 'int64', ['N']])
    const columns: TableColumn[] = [
      { name: 'age', type: 'float' },
      { name: 'city', type: 'category', values: ['A', 'B'] },
      { name: 'fare', type: 'float' },
    ]
    const found = ofRecords(table(columns, model), [
      { age: 1, city: 'B', fare: 2 },
      { fare: 4, city: 'A', age: 3 },
    ])
    expect(found['numbers']).toEqual({ dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) })
    expect(found['city']).toEqual({ dtype: 'int64', shape: [2], data: BigInt64Array.of(1n, 0n) })
  })

  test('columns that name their input fill it in their order, also of more axes', () => {
    const model = signature(['a', 'float32', ['N', 1, 2]], ['b', 'float32', [1, null]])
    const columns: TableColumn[] = ['p', 'q', 'r', 's', 't'].map((name, index) => ({
      name,
      type: 'float',
      input: index % 2 === 0 && index < 4 ? 'a' : 'b',
    }))
    const found = ofRecords(table(columns, model), [{ p: 1, q: 2, r: 3, s: 4, t: 5 }])
    expect(found['a']).toEqual({ dtype: 'float32', shape: [1, 1, 2], data: Float32Array.of(1, 3) })
    expect(found['b']).toEqual({ dtype: 'float32', shape: [1, 3], data: Float32Array.of(2, 4, 5) })
  })

  test.each<[string, ModelSignature, readonly TableColumn[] | undefined, RegExp]>([
    [
      'too few',
      vector(3),
      [{ name: 'a', type: 'float' }],
      /make 1 element a row, and the input x .* takes 3/,
    ],
    [
      'an input without',
      two,
      [{ name: 'age', type: 'float', input: 'age' }],
      /No column goes to the input city/,
    ],
    ['an input misspelt', two, [{ name: 'a', type: 'float', input: 'aeg' }], /goes to the input 'aeg'/],
    ['text for floats', vector(1), [{ name: 'a', type: 'text' }], /is text, and its input takes float32/],
    ['floats for texts', vector(1, 'string'), [{ name: 'a', type: 'float' }], /its input takes strings/],
    [
      'an encoding for strings',
      vector(1, 'string'),
      [{ name: 'a', type: 'category', values: ['x'], encoding: 'one-hot' }],
      /is encoded \(one-hot\), and its input takes strings/,
    ],
    [
      'NaN for integers',
      vector(1, 'int64'),
      [{ name: 'a', type: 'integer', missing: { kind: 'nan' } }],
      /NaN/,
    ],
    [
      'twice',
      vector(2),
      [
        { name: 'a', type: 'float' },
        { name: 'a', type: 'float' },
      ],
      /two columns 'a'/,
    ],
    ['no values', vector(1), [{ name: 'a', type: 'category' }], /category of 0 values/],
    ['values twice', vector(1), [{ name: 'a', type: 'category', values: ['b', 'b'] }], /'b' twice/],
    [
      'a stand-in of no number',
      vector(1),
      [{ name: 'a', type: 'category', values: ['b'], unknown: { kind: 'value', value: 'z' } }],
      /none of its values/,
    ],
    ['an image', signature(['x', 'float32', ['N', 3, 224, 224]]), undefined, /do not tell the columns/],
    ['nothing', signature(), undefined, /there are none/],
    ['a free width', signature(['x', 'float32', ['N', 'F']]), undefined, /do not tell the columns/],
  ])('%s is refused', (_, model, columns, message) => {
    expect(() => table(columns, model)).toThrow(
      expect.objectContaining({ code: 'COLUMNS_INVALID', message: expect.stringMatching(message) }),
    )
  })

  test('a signature of single values tells the columns by itself', () => {
    const compiled = table(undefined, two)
    expect(compiled).toMatchObject({
      named: true,
      columns: [
        { name: 'age', type: 'float' },
        { name: 'city', type: 'text' },
      ],
    })
    expect(ofRecords(compiled, [{ city: 'Rome', age: '3' }])['city']!.data).toEqual(['Rome'])
  })

  test('one vector takes its elements by their places', () => {
    const compiled = table(undefined, vector(3))
    expect(compiled).toMatchObject({ named: false, width: 3 })
    expect(compiled.tensors({ count: 2, value: (row, column) => row * 3 + column })['x']).toEqual({
      dtype: 'float32',
      shape: [2, 3],
      data: Float32Array.of(0, 1, 2, 3, 4, 5),
    })
  })

  test('steps for numbers run behind the columns', () => {
    const compiled = table(undefined, vector(2), { preprocess: [{ kind: 'scale', factor: 0.5 }] })
    expect(compiled.tensors({ count: 2, value: (row, column) => row * 2 + column })['x']).toEqual({
      dtype: 'float32',
      shape: [2, 2],
      data: Float32Array.of(0, 0.5, 1, 1.5),
    })
  })
})

describe('names', () => {
  const compiled = table([
    { name: 'age', type: 'float' },
    { name: 'fare', type: 'float', missing: { kind: 'nan' } },
  ])

  test('a header may have another order, and lack what may be missing', () => {
    expect(compiled.places(['fare', 'age'])).toEqual([1, 0])
    expect(compiled.places(['age'])).toEqual([0, -1])
    expect(compiled.places(['id', 'age', 'fare'], 'allowed')).toEqual([1, 2])
  })

  test.each([
    [['age', 'fafe'], /no column 'fafe'/, /Did you mean 'fare'/],
    [['fare'], /'age' is missing/, /Every row/],
    [['age', 'age'], /'age' twice/, /Take one/],
    [['agee', 'fare'], /no column 'agee'/, /'age'/],
  ])('the header %j is refused', (names, message, hint) => {
    expect(() => compiled.places(names)).toThrow(
      expect.objectContaining({
        code: 'EXAMPLE_INVALID',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      }),
    )
  })

  test('prototypes are neither keys nor values', () => {
    expect(() => ofRecords(compiled, [JSON.parse('{"age":1,"__proto__":{"fare":5}}')])).toThrow(
      /no column '__proto__'/,
    )
    expect(() => ofRecords(table([{ name: 'constructor', type: 'float' }]), [{}])).toThrow(/it is missing/)
    expect(
      ofRecords(table([{ name: '__proto__', type: 'float' }]), [JSON.parse('{"__proto__":3}')])['x']!.data,
    ).toEqual(Float32Array.of(3))
  })
})

test("a table's rows are what pandas and scikit-learn make of them", () => {
  const [header, ...lines] = readFileSync(new URL('passengers.csv', FIXTURES), 'utf8').trimEnd().split('\n')
  const expected = JSON.parse(readFileSync(new URL('expected.json', FIXTURES), 'utf8'))
  const columns: TableColumn[] = [
    { name: 'age', type: 'float', missing: { kind: 'value', value: -1 } },
    { name: 'siblings', type: 'integer' },
    { name: 'fare', type: 'float' },
    { name: 'port', type: 'category', values: ['Southampton', 'Cherbourg', '北京', 'Queen\'s, "Town"'] },
    { name: 'cabin', type: 'category', values: ['A', 'B', 'NA'], encoding: 'one-hot' },
    { name: 'adult', type: 'boolean' },
    { name: 'boarded', type: 'date' },
  ]
  const compiled = table(columns, vector(9, 'float64'))
  const places = compiled.places(header!.split(','), 'allowed')
  // Cells of this file hold at most one quoted one, so a pattern takes it apart.
  const rows = lines.map(line => line.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)!.map(unquoted))
  const found = compiled.tensors({ count: rows.length, value: (row, column) => rows[row]![places[column]!] })
  expect(rows.length).toBe(120)
  expect(Array.from(found['x']!.data as Float64Array)).toEqual(expected.encoded.flat())
})

const unquoted = (cell: string) =>
  cell.replace(/,$/, '').replace(/^"(.*)"$/, (_, inner: string) => inner.replaceAll('""', '"'))

test('whatever comes, there are tensors of the right size or a typed error', () => {
  const columns = fc.array(
    fc.record(
      {
        name: fc.constantFrom('a', 'b', 'c', '__proto__', 'toString'),
        type: fc.constantFrom('float', 'integer', 'boolean', 'text', 'category', 'date'),
        values: fc.array(fc.constantFrom('x', 'y', '', '1'), { maxLength: 3 }),
        encoding: fc.constantFrom('index', 'one-hot'),
        missing: fc.constantFrom(
          { kind: 'nan' } as const,
          { kind: 'ignore' } as const,
          { kind: 'value', value: 'x' } as const,
          { kind: 'value', value: 1 } as const,
        ),
        input: fc.constantFrom('p', 'q'),
      },
      { requiredKeys: ['name', 'type'] },
    ),
    { minLength: 1, maxLength: 4 },
  )
  const dtypes = fc.constantFrom<Dtype>('float32', 'float16', 'int64', 'uint8', 'bool', 'string', 'float64')
  const records = fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), fc.jsonValue()), {
    maxLength: 4,
  })
  fc.assert(
    fc.property(columns, dtypes, dtypes, records, (declared, p, q, rows) => {
      try {
        const compiled = table(
          declared as TableColumn[],
          signature(['p', p, ['N', null]], ['q', q, ['N', 1]]),
        )
        const found = ofRecords(compiled, rows as TableRecord[])
        for (const tensor of Object.values(found))
          expect(tensor.data.length).toBe(tensor.shape.reduce((a, b) => a * b, 1))
      } catch (error) {
        if (!(error instanceof ModelError)) throw error
      }
    }),
    { numRuns: 2000 },
  )
})

test('columns travel as they are, and absent keys stay away', () => {
  const columns: TableColumn[] = [
    {
      name: 'a',
      type: 'category',
      values: ['x'],
      unknown: { kind: 'value', value: -1 },
      missing: { kind: 'nan' },
    },
  ]
  const config = {
    name: 'm',
    task: 'generic',
    labels: [],
    preprocess: [],
    columns,
    answer: { topK: 3, names: ['price'] },
  }
  expect(modelConfigSchema.parse(JSON.parse(JSON.stringify(config)))).toEqual(config)
  const { columns: _, answer: __, ...plain } = config
  expect(Object.keys(modelConfigSchema.parse(plain))).toEqual(['name', 'task', 'labels', 'preprocess'])
})
