import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { exampleOf } from './examples.ts'

const URL = 'http://127.0.0.1:1/v2/models/m'
const plain = { image: false, token: false }

/** What a shell would hand to curl. */
async function body(inputs: Parameters<typeof exampleOf>[1]['inputs']): Promise<unknown> {
  const command = exampleOf(URL, { inputs, outputs: [] }, plain)!
  const { stdout } = await promisify(execFile)('sh', ['-c', `curl() { printf '%s' "$3"; }; ${command}`])
  return JSON.parse(stdout)
}

test('few values stand there, many are made by the shell', async () => {
  expect(await body([{ name: 'x', datatype: 'FP32', shape: [-1, 3] }])).toEqual({
    inputs: [{ name: 'x', shape: [1, 3], datatype: 'FP32', data: [0, 0, 0] }],
  })
  expect(await body([{ name: 'x', datatype: 'FP32', shape: [1, 3, 20, -1] }])).toEqual({
    inputs: [{ name: 'x', shape: [1, 3, 20, 8], datatype: 'FP32', data: Array(480).fill(0) }],
  })
})

test('texts, booleans and several inputs are as they are sent', async () => {
  expect(
    await body([
      { name: 't', datatype: 'BYTES', shape: [-1] },
      { name: 'many', datatype: 'BYTES', shape: [20] },
      { name: 'b', datatype: 'BOOL', shape: [2] },
    ]),
  ).toMatchObject({
    inputs: [{ data: ['text'] }, { data: Array(20).fill('text') }, { data: [false, false] }],
  })
})

test('a name that would end the text does not', async () => {
  const name = `it's"$(echo no)\``
  expect(await body([{ name, datatype: 'FP32', shape: [1] }])).toMatchObject({ inputs: [{ name }] })
})

test('an image is sent as it is, a secret is read from the environment, and too much is not made', () => {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [2000, 2000] }]
  expect(exampleOf(URL, { inputs, outputs: [] }, { image: true, token: true })).toBe(
    `curl ${URL}/infer -H "Authorization: Bearer $TOKEN" --data-binary @image.jpg`,
  )
  expect(exampleOf(URL, { inputs, outputs: [] }, plain)).toBeUndefined()
})
