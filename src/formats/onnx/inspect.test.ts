import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openFile } from '../../core/index.ts'
import { inspectOnnx } from './inspect.ts'

const DIGITS = new URL('../../../examples/digits/model.onnx', import.meta.url).pathname
/** Debian's package libonnx-testdata. */
const CORPUS = '/usr/share/libonnx-testdata'

async function describeFile(path: string) {
  const source = await openFile(path)
  try {
    return await inspectOnnx(source)
  } finally {
    await source.close()
  }
}

test('the digits model', async () => {
  const description = await describeFile(DIGITS)
  expect(description).toMatchObject({
    inputs: [{ name: 'image', kind: 'tensor', dtype: 'float32', shape: ['N', 1, 28, 28] }],
    outputs: [{ name: 'logits', kind: 'tensor', dtype: 'float32', shape: ['N', 10] }],
    external: [],
  })
  expect(description.totalBytes).toBe(description.fileBytes)
  const weights = description.initializers.filter(({ dtype }) => dtype === 'float32')
  expect(weights.reduce((sum, { elements }) => sum + elements * 4, 0)).toBeLessThan(description.fileBytes)
  expect(JSON.parse(JSON.stringify(description))).toEqual(description)
})

describe.skipIf(!existsSync(CORPUS))(
  'models of the ONNX project (skipped where libonnx-testdata is not installed)',
  () => {
    test('all are described', async () => {
      const files = (await readdir(CORPUS, { recursive: true })).filter(name => name.endsWith('.onnx'))
      expect(files.length).toBeGreaterThan(1000)
      for (const file of files) {
        const { nodes, operators } = await describeFile(join(CORPUS, file))
        expect(operators.reduce((sum, { count }) => sum + count, 0)).toBe(nodes)
      }
    })
  },
)
