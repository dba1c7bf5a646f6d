import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ModelError } from '../../../model/index.ts'
import { InferenceError } from '../../errors.ts'
import { MAX_ROWS } from './limits.ts'
import { aModel, given, people, read, texts, x } from './testing.ts'

describe('rows', () => {
  test.each<[string, string | undefined, string, number[]]>([
    ['a record', 'application/json', '{"age":31,"city":"Rome"}', [31, 0]],
    ['a record, by curl', 'application/x-www-form-urlencoded', ' {"city":"北京","age":"31.5"}', [31.5, 1]],
    ['records', undefined, '[{"age":1,"city":"Rome"},{"city":"北京","age":2}]', [1, 0, 2, 1]],
    ['wrapped records', 'application/json', '{"records":[{"age":1,"city":"Rome"}]}', [1, 0]],
    ['a row', 'application/json', '[31,"北京"]', [31, 1]],
    ['rows', 'application/json; charset=utf-8', '[[31,"北京"],[32,"Rome"]]', [31, 1, 32, 0]],
    ['CSV with a header', 'text/csv', 'city,age\r\n北京,31\r\n"Rome",32\r\n', [31, 1, 32, 0]],
    ['CSV with a mark in front', 'text/csv', '\ufeffage,city\n1,Rome', [1, 0]],
    ['CSV without a header', 'text/csv', '31,北京\n\n32,Rome', [31, 1, 32, 0]],
    ['CSV by curl', 'application/x-www-form-urlencoded', '31,北京', [31, 1]],
    ['CSV with stated header', 'text/csv; header=present', 'age,city\n31,Rome', [31, 0]],
    ['tabs', 'text/tab-separated-values', 'city\tage\nRome\t7', [7, 0]],
    [
      'lines of JSON',
      'application/x-ndjson',
      '{"age":1,"city":"Rome"}\n\n{"city":"Rome","age":2}\n',
      [1, 0, 2, 0],
    ],
  ])('%s', async (_, type, body, expected) => {
    expect(await given(body, type)).toEqual(expected)
  })

  test.each<[string, string, string, RegExp]>([
    ['application/json', '{"age":31,"town":"Rome"}', 'Row 1: there is no column', /city/],
    ['application/json', '{"age":31}', "Row 1, column 'city': it is missing", /missing:/],
    [
      'application/json',
      '[{"age":1,"city":"Rome"},{"age":"x","city":"Rome"}]',
      "Row 2, column 'age'",
      /float/,
    ],
    ['application/json', '[[1,"Rome"],[1]]', 'Row 2: expected 2 values, found 1', /age, city/],
    ['application/json', '[]', 'There is no row', /one/],
    ['application/json', '[1,[2]]', 'rows of several kinds', /records/],
    ['application/json', '{"age":1e999,"city":"Rome"}', 'found Infinity', /float/],
    ['application/json', '{"age":1,"city":"Rome","__proto__":{}}', "no column '__proto__'", /age, city/],
    ['application/json', '{"age":', 'no JSON', /record/],
    ['application/json', '['.repeat(70_000), 'nests deeper than 16', /flat/],
    [
      'application/json',
      `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
      'expected 2 values, found 1',
      /age, city/,
    ],
    ['application/json', `[${'[],'.repeat(70_000)}[]]`, 'more than 65536 lists', /several/],
    ['application/json', `[${'0,'.repeat(4_100_000)}0]`, 'more than 4000000 values', /several/],
    ['text/csv', '', 'The body is empty', /row/],
    ['text/csv', 'age,city\n', 'There is no row', /one/],
    ['text/csv', 'age,citi\n1,Rome', "no column 'citi'", /'city'/],
    ['text/csv', 'age,city\n1', 'Line 2: expected 2 cells, found 1', /commas/],
    ['text/csv', '1,2,3', 'Line 1: expected 2 values, found 3', /age, city/],
    ['text/csv', 'age,city\n1,"Rome', 'never closed', /4180/],
    ['text/csv', '1,Ro"me', 'quote within a cell', /4180/],
    ['text/csv', `"${'x'.repeat(1_100_000)}"`, 'a cell has more than', /4180/],
    ['text/csv', ','.repeat(1_000_000), 'more than 300000 cells', /4180/],
    ['text/csv', `${','.repeat(9_999)}\n`.repeat(500), 'more than 4000000 cells', /several/],
    ['text/csv', '1,Rome\n'.repeat(MAX_ROWS + 1), `more than ${MAX_ROWS} rows`, /batch/],
    ['application/x-ndjson', '[1,"Rome"]\n'.repeat(MAX_ROWS + 1), `more than ${MAX_ROWS} rows`, /fewer/],
    ['text/csv', '1,Ro\0me', 'The character 5 of the body is 0', /UTF-8/],
    ['text/csv', '\n'.repeat(17 * 2 ** 20), 'rows are read up to', /binary/],
    ['text/plain', 'Rome', 'takes no plain text', /age, city/],
    ['application/xml', '<a/>', 'Nothing is predicted from application/xml', /text\/csv/],
  ])('%s: %.40j is refused', async (type, body, message, hint) => {
    const error: unknown = await read(body, type).catch((thrown: unknown) => thrown)
    expect(error instanceof InferenceError || error instanceof ModelError).toBe(true)
    expect(error).toMatchObject({
      message: expect.stringContaining(message),
      hint: expect.stringMatching(hint),
    })
  })

  test('bytes that are no UTF-8 are refused', async () => {
    await expect(read(Buffer.from('31,M\xfcnchen', 'latin1'), 'text/csv')).rejects.toThrow(/no UTF-8/)
    await expect(read(Buffer.from('\ufeff31', 'utf16le'), 'text/csv')).rejects.toThrow(/no UTF-8/)
  })

  test('a model without names takes rows, and no records', async () => {
    const nameless = aModel([x])
    expect(await given('[[1,2],[3,4]]', undefined, nameless)).toEqual([1, 2, 3, 4])
    expect(await given('1,2\n3,4', 'text/csv', nameless)).toEqual([1, 2, 3, 4])
    expect(await given('a,b\n3,4', 'text/csv; header=present', nameless)).toEqual([3, 4])
    await expect(read('{"a":1,"b":2}', undefined, nameless)).rejects.toThrow(/no names for its columns/)
  })

  test('a request of the Open Inference Protocol is one, here too', async () => {
    const body = '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[5,6]}]}'
    expect(await given(body, 'application/json')).toEqual([5, 6])
    expect(await given(`{"id":"a",${body.slice(1)}`, 'application/json')).toEqual([5, 6])
    const called = aModel([x], {
      columns: [
        { name: 'id', type: 'float' },
        { name: 'outputs', type: 'float' },
      ],
    })
    expect(await given('{"id":5,"outputs":6}', 'application/json', called)).toEqual([5, 6])
  })
})

describe('texts', () => {
  test.each<[string, string | undefined, string, string[]]>([
    ['one', 'text/plain; charset=utf-8', 'a line\nand more\n', ['a line\nand more']],
    ['one by curl', 'application/x-www-form-urlencoded', 'hello, you', ['hello, you']],
    ['a line each', 'text/plain; rows=lines', 'a\r\nb\n', ['a', 'b']],
    ['JSON', 'application/json', '"a"', ['a']],
    ['a list', 'application/json', '["a","NA"]', ['a', 'NA']],
    ['named', 'application/json', '{"text":"a"}', ['a']],
    ['named list', 'application/json', '{"text":["a","b"]}', ['a', 'b']],
    ['CSV', 'text/csv', '"a, b"\nc', ['a, b', 'c']],
  ])('%s', async (_, type, body, expected) => {
    expect(await given(body, type, texts)).toEqual(expected)
  })

  test('what is no text is refused', async () => {
    await expect(read('[1]', undefined, texts)).rejects.toThrow(/expected a text, found 1/)
    await expect(read('a', 'text/plain; rows=words', texts)).rejects.toThrow(/rows=words/)
    await expect(read('\n'.repeat(MAX_ROWS + 2), 'text/plain; rows=lines', texts)).rejects.toThrow(
      /more than/,
    )
  })
})

test('whatever comes, it is read or refused with a typed error', async () => {
  const types = fc.constantFrom(
    undefined,
    'application/json',
    'application/x-ndjson',
    'text/csv',
    'text/csv; header=present',
    'text/plain',
    'text/tab-separated-values',
    'application/x-npy',
    'multipart/form-data; boundary=x',
    'image/png',
    'application/octet-stream',
  )
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    '\n',
    '\r\n',
    '--x',
    'age',
    'city',
    'Rome',
    '1',
    '1e9',
    'null',
    'inputs',
    '\\',
    '\0',
    '\x93NUMPY\x01\0',
    '\u2028',
    'é',
    ';',
    '\t',
  )
  const bodies = fc.oneof(
    fc.array(pieces, { maxLength: 30 }).map(parts => Buffer.from(parts.join(''))),
    fc.array(pieces, { maxLength: 30 }).map(parts => Buffer.from(parts.join(''), 'latin1')),
    fc.uint8Array({ maxLength: 60 }).map(bytes => Buffer.from(bytes)),
    fc.json().map(text => Buffer.from(text)),
  )
  await fc.assert(
    fc.asyncProperty(
      types,
      bodies,
      fc.constantFrom(people, texts, aModel([x])),
      async (type, body, model) => {
        try {
          const call = await read(body, type, model)
          for (const { shape, data } of Object.values(call.inputs))
            expect(data.length).toBe(shape.reduce((a, b) => a * b, 1))
        } catch (error) {
          if (!(error instanceof InferenceError || error instanceof ModelError)) throw error
        }
      },
    ),
    { numRuns: 3000 },
  )
})
