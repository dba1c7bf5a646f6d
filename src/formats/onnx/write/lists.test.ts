import { expect, test } from 'vitest'
import { sourceOf } from '../../../core/index.ts'
import { memoryTree } from '../../tree/memory.ts'
import { readOnnx } from '../inspect.ts'
import { openOnnx } from '../open/open.ts'
import type { LongList, OnnxAttribute, OnnxModel } from './types.ts'
import { writeOnnx } from './write.ts'

function holding(attribute: OnnxAttribute): OnnxModel {
  return {
    opsets: [{ domain: '', version: 21 }],
    graph: {
      name: 'lists',
      nodes: [
        { op: 'Trees', domain: 'ai.onnx.ml', inputs: [], outputs: ['y'], attributes: { list: attribute } },
      ],
      inputs: [],
      outputs: [],
    },
  }
}

async function written(attribute: OnnxAttribute): Promise<{ bytes: Uint8Array; largest: number }> {
  const pieces: Uint8Array[] = []
  await writeOnnx(holding(attribute), { write: async bytes => void pieces.push(Uint8Array.from(bytes)) })
  return { bytes: Buffer.concat(pieces), largest: Math.max(...pieces.map(({ byteLength }) => byteLength)) }
}

/** The attribute, as our reader of ONNX has it. */
async function read(bytes: Uint8Array): Promise<unknown> {
  const source = sourceOf(bytes, 'm.onnx')
  await readOnnx(source)
  const { file } = await openOnnx({
    source,
    path: 'm.onnx',
    storedSize: bytes.byteLength,
    wrapper: [],
    tree: memoryTree(new Map()),
  })
  return file.graph!.nodes[0]!.attributes!['list']
}

test.each<[OnnxAttribute, unknown]>([
  [
    { long: 'ints', list: [0, 1, 127, 128, 16384, 2 ** 31, 2 ** 40] },
    [0, 1, 127, 128, 16384, 2 ** 31, 2 ** 40],
  ],
  [{ long: 'ints', list: Int32Array.of(5, 300) }, [5, 300]],
  [{ long: 'floats', list: Float32Array.of(0.5, -2) }, [0.5, -2]],
  [{ long: 'texts', list: ['LEAF', 'é', ''] }, ['LEAF', 'é', '']],
])('%o', async (attribute, expected) => {
  expect(await read((await written(attribute)).bytes)).toEqual(expected)
})

test('a million elements are laid out in pieces', async () => {
  const list: LongList<number> = { length: 1_000_000, at: i => i }
  const { bytes, largest } = await written({ long: 'ints', list })
  expect(bytes.byteLength).toBeGreaterThan(2_900_000)
  expect(largest).toBeLessThanOrEqual(1024 * 1024)
})

test.each([-1, 0.5, Number.NaN, 2 ** 53])('%d is no element of ints', async element => {
  await expect(written({ long: 'ints', list: [element] })).rejects.toThrow(RangeError)
})
