import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Tensor, Tensors } from '../../../core/index.ts'
import {
  compilePreprocess,
  describeInput,
  type ModelConfig,
  ModelError,
  type TensorSpec,
} from '../../../model/index.ts'
import { InferenceError } from '../../errors.ts'
import { headerBlock, headerOf } from '../../frames/index.ts'
import type { InferenceCall, ServedModel } from '../codec.ts'
import { plain } from './codec.ts'
import { MAX_ROWS } from './limits.ts'

const FIXTURES = new URL('../../../../test/fixtures/', import.meta.url)
const x: TensorSpec = { name: 'x', dtype: 'float32', shape: ['N', 2] }
const scores: TensorSpec = { name: 'scores', dtype: 'float32', shape: ['N', 2] }

function aModel(
  inputs: readonly TensorSpec[],
  more: Partial<ModelConfig> = {},
  outputs = [scores],
): ServedModel {
  const signature = { inputs, outputs }
  const config: ModelConfig = {
    name: 'm',
    task: 'classification',
    labels: ['no', 'yes'],
    preprocess: [],
    ...more,
  }
  return {
    name: 'm',
    version: '3',
    signature,
    config,
    preprocessor: compilePreprocess(config.preprocess),
    ports: () => describeInput(signature, config),
  }
}

const people = aModel([x], {
  columns: [
    { name: 'age', type: 'float' },
    { name: 'city', type: 'category', values: ['Rome', '北京'] },
  ],
})
const texts = aModel([{ name: 'input', dtype: 'string', shape: ['N'] }])

const read = async (
  body: string | Buffer,
  type?: string,
  model = people,
  accept?: string,
): Promise<InferenceCall> =>
  plain.read(Buffer.from(body as string), headerBlock({ 'content-type': type, accept }), model)
const given = async (...args: Parameters<typeof read>): Promise<unknown[]> => {
  const { inputs } = await read(...args)
  return Array.from(Object.values(inputs)[0]!.data as ArrayLike<unknown>)
}
const floats = (shape: readonly number[], ...data: number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
})
const answered = (call: InferenceCall, outputs: Tensors) => {
  const reply = call.encode(outputs)
  return { type: headerOf(reply.headers, 'content-type'), text: Buffer.concat([...reply.body]).toString() }
}

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

describe('files', () => {
  const form = (...parts: readonly string[]) =>
    `preamble\r\n${parts.map(part => `--b-1\r\n${part}\r\n`).join('')}--b-1--\r\nepilogue`
  const file = (name: string, type: string, content: string) =>
    `Content-Disposition: form-data; name="f"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n${content}`
  const FORM = 'multipart/form-data; boundary=b-1'

  test('a form as browsers send it, with fields beside its file', async () => {
    const field = 'Content-Disposition: form-data; name="token"\r\n\r\nsecret'
    const body = form(field, file('people.csv', 'application/vnd.ms-excel', 'age,city\n31,Rome'))
    expect(await given(body, FORM)).toEqual([31, 0])
    expect(await given(form(file('a.json', 'application/octet-stream', '[31,"Rome"]')), FORM)).toEqual([
      31, 0,
    ])
    const quoted = 'multipart/form-data; boundary="b-1"'
    expect(await given(form('Content-Disposition: form-data; name="row"\r\n\r\n31,Rome'), quoted)).toEqual([
      31, 0,
    ])
  })

  test.each([
    [FORM, form(file('a', 'text/csv', '1,Rome'), file('b', 'text/csv', '1,Rome')), /2 files/],
    [FORM, form(), /0 files and 0 fields/],
    [FORM, '--b-1\r\nContent-Type: text/csv\r\n\r\n1,Rome', /does not end/],
    [FORM, '--b-1xx\r\n--b-1--', /no headers/],
    [FORM, form(...Array(65).fill('A: b\r\n\r\nc')), /more than 64 parts/],
    ['multipart/form-data', form(), /no boundary/],
    [FORM, form(file('f', FORM, form())), /form within a form/],
  ])('%s: %.60j is refused', async (type, body, message) => {
    await expect(read(body, type)).rejects.toThrow(message)
  })

  test('an array of numpy, of one example or several', async () => {
    const array = readFileSync(new URL('numpy/fortran-float32.npy', FIXTURES))
    const several = await read(array, 'application/octet-stream', aModel([{ ...x, shape: ['N', 3, 4] }]))
    expect(several.inputs['x']).toMatchObject({ dtype: 'float32', shape: [2, 3, 4] })
    const one = await read(array, undefined, aModel([{ ...x, shape: ['N', 2, 3, 4] }]))
    expect(one.inputs['x']).toMatchObject({ shape: [1, 2, 3, 4] })
    // Halves from 0 on, in the order of C, though the file has Fortran's.
    expect(Array.from(one.inputs['x']!.data as Float32Array)).toEqual(
      Array.from({ length: 24 }, (_, i) => i / 2),
    )
    await expect(read(array, 'application/x-npy', aModel([x]))).rejects.toThrow(/Expected x float32/)
    const objects = readFileSync(new URL('numpy/objects.npy', FIXTURES))
    await expect(read(objects, 'application/x-npy')).rejects.toThrow(/pickle/)
    await expect(read(array.subarray(0, 90), 'application/x-npy')).rejects.toThrow(InferenceError)
  })

  test('images in JSON, one or a list', async () => {
    const image = aModel([{ name: 'image', dtype: 'float32', shape: ['N', 3, 1, 1] }], {
      task: 'image-classification',
      preprocess: [
        { kind: 'decode', what: 'image' },
        { kind: 'resize', width: 1, height: 1, fit: 'fill' },
      ],
    })
    const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVQI12P4z8AAAAMBAQAY3Y2wAAAAAElFTkSuQmCC'
    expect(await given(`{"image":"${png}"}`, undefined, image)).toEqual([255, 0, 0])
    expect(await given(`{"image":"data:image/png;base64,${png}"}`, undefined, image)).toEqual([255, 0, 0])
    expect(await given(`[{"image":"${png}"},{"image":"${png}"}]`, undefined, image)).toEqual([
      255, 0, 0, 255, 0, 0,
    ])
    await expect(read('{"picture":"x"}', undefined, image)).rejects.toThrow(/there is no 'image'/)
    await expect(read('{"image":"AAAA"}', undefined, image)).rejects.toMatchObject({
      code: 'IMAGE_UNREADABLE',
    })
    await expect(read(`{"images":[${'"AAAA",'.repeat(64)}"A"]}`, undefined, image)).rejects.toThrow(
      /65 images/,
    )
    await expect(read('1,2', 'text/csv', image)).rejects.toThrow(/takes images, not tables|do not tell/)
  })
})

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
