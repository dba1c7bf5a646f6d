import { expect, test } from 'vitest'
import { sourceOf } from '../../core/index.ts'
import { MAX_LINE_LENGTH, readJsonl } from './read.ts'

const read = (text: string) => collect(readJsonl(sourceOf(Buffer.from(text), 'data.jsonl')))

test('one value a line, empty lines skipped and counted', async () => {
  expect(await read('{"x":[1,2]}\r\n\n"狗"\nnull')).toEqual([
    { line: 1, value: { x: [1, 2] } },
    { line: 3, value: '狗' },
    { line: 4, value: null },
  ])
})

test('lines that are longer than what is read at once', async () => {
  const long = 'x'.repeat(200_000)
  expect(await read(`${JSON.stringify(long)}\n1\n`)).toEqual([
    { line: 1, value: long },
    { line: 2, value: 1 },
  ])
})

test('a mistake is told with its line', async () => {
  await expect(read('1\n\n{x}\n')).rejects.toMatchObject({
    code: 'JSONL_INVALID',
    message: /^data\.jsonl:3: /,
  })
})

test('a line without end is refused', async () => {
  await expect(read(`"${'x'.repeat(MAX_LINE_LENGTH)}`)).rejects.toMatchObject({
    code: 'JSONL_INVALID',
    message: /more than/,
  })
})

test('a key __proto__ stays a key', async () => {
  const [row] = await read('{"__proto__":{"admin":true}}')
  expect(Object.hasOwn(row!.value as object, '__proto__')).toBe(true)
  expect((row!.value as { admin?: boolean }).admin).toBeUndefined()
})

async function collect<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = []
  for await (const row of rows) all.push(row)
  return all
}
