import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Tensor } from '../../core/index.ts'
import { type DatasetOptions, openDataset } from '../index.ts'
import { idx, npy, npz } from '../testing.ts'
import { isTable } from './types.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-datasets-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function write(name: string, content: Buffer | string): Promise<string> {
  const path = join(folder, name)
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, content)
  return path
}

/** Everything that a data set gives, in batches of two. */
async function readAll(path: string, options?: DatasetOptions) {
  const dataset = await openDataset(path, options)
  try {
    const inputs: { readonly shape: readonly number[]; readonly values: readonly unknown[] }[] = []
    const truths: unknown[] = []
    const sizes: number[] = []
    for await (const batch of dataset.batches(2)) {
      sizes.push(batch.inputs.length)
      inputs.push(
        ...batch.inputs
          .map(each => (isTable(each) ? each.tensor() : (each as Tensor)))
          .map(({ shape, data }) => ({ shape, values: Array.from<unknown>(data) })),
      )
      truths.push(...batch.truths)
    }
    return { examples: dataset.examples, digest: dataset.digest, inputs, truths, sizes }
  } finally {
    await dataset.close()
  }
}

const IMAGES = npy('uint8', [3, 1, 2], Uint8Array.of(1, 2, 3, 4, 5, 6))
const LABELS = npy('int64', [3], BigInt64Array.of(2n, 0n, 1n))
const THREE = {
  examples: 3,
  inputs: [
    { shape: [1, 2], values: [1, 2] },
    { shape: [1, 2], values: [3, 4] },
    { shape: [1, 2], values: [5, 6] },
  ],
  truths: [2, 0, 1],
  sizes: [2, 1],
}

test.each([
  [{ images: IMAGES, labels: LABELS }, {}],
  [{ x: IMAGES, y: LABELS }, {}],
  [{ X: IMAGES, targets: LABELS }, {}],
  [{ x_train: LABELS, y_train: IMAGES, x_test: IMAGES, y_test: LABELS }, {}],
  [
    { pixels: IMAGES, kind: LABELS },
    { inputField: 'pixels', labelField: 'kind' },
  ],
] as const)('npz %#: its fields are found', async (arrays, options) => {
  expect(await readAll(await write('some.npz', npz(arrays)), options)).toMatchObject(THREE)
})

test('a folder of two .npy files', async () => {
  await write('pair/images.npy', IMAGES)
  await write('pair/labels.npy', LABELS)
  expect(await readAll(join(folder, 'pair'))).toMatchObject(THREE)
})

test("an IDX pair, gzip'd or not, by its folder or by its images: the test part of several", async () => {
  await write('mnist/train-images-idx3-ubyte', idx([1, 1, 2], [9, 9]))
  await write('mnist/train-labels-idx1-ubyte', idx([1], [9]))
  const images = await write('mnist/t10k-images-idx3-ubyte.gz', idx([3, 1, 2], [1, 2, 3, 4, 5, 6], true))
  await write('mnist/t10k-labels-idx1-ubyte', idx([3], [2, 0, 1]))
  expect(await readAll(join(folder, 'mnist'))).toMatchObject(THREE)
  expect(await readAll(images)).toMatchObject(THREE)
})

test('CSV: the label by its name, every other column a feature', async () => {
  const path = await write('iris.csv', 'a,label,b\n1,setosa,2.5\n3,"virginica",-4e1\n')
  expect(await readAll(path)).toMatchObject({
    examples: 2,
    inputs: [
      { shape: [2], values: [1, 2.5] },
      { shape: [2], values: [3, -40] },
    ],
    truths: ['setosa', 'virginica'],
  })
})

test('JSONL: nested lists are tensors', async () => {
  const path = await write(
    'rows.jsonl',
    '{"input": [[1, 2], [3, 4]], "label": 1}\n\n{"input": [[5, 6], [7, 8]], "label": "cat"}\n',
  )
  expect(await readAll(path)).toMatchObject({
    examples: 2,
    inputs: [{ shape: [2, 2], values: [1, 2, 3, 4] }, { shape: [2, 2] }],
    truths: [1, 'cat'],
  })
})

test('the digest is that of the bytes', async () => {
  const one = await readAll(await write('one.npz', npz({ x: IMAGES, y: LABELS })))
  const same = await readAll(await write('same.npz', npz({ x: IMAGES, y: LABELS })))
  const other = await readAll(
    await write('other.npz', npz({ x: IMAGES, y: npy('int64', [3], BigInt64Array.of(2n, 0n, 2n)) })),
  )
  expect(same.digest).toBe(one.digest)
  expect(other.digest).not.toBe(one.digest)
})

describe('refused', () => {
  test.each([
    ['no truths', 'a.npz', npz({ images: IMAGES, extra: LABELS }), 'DATASET_FIELD_MISSING', /images, extra/],
    ['no examples', 'b.npz', npz({ labels: LABELS }), 'DATASET_FIELD_MISSING', /labels/],
    [
      'unequal lengths',
      'c.npz',
      npz({ x: IMAGES, y: npy('int64', [2], BigInt64Array.of(1n, 1n)) }),
      'DATASET_LENGTHS_DIFFER',
      /3 examples and 2 truths/,
    ],
    [
      'two truths for each example',
      'd.npz',
      npz({ x: IMAGES, y: npy('uint8', [3, 2], new Uint8Array(6)) }),
      'DATASET_UNFIT',
      /\[3, 2\]/,
    ],
    [
      'a scalar',
      'e.npz',
      npz({ x: npy('uint8', [], new Uint8Array(1)), y: LABELS }),
      'DATASET_UNFIT',
      /single number/,
    ],
    [
      'a cell that is no number',
      'f.csv',
      'a,label\n1,x\nmany,y\n',
      'DATASET_UNFIT',
      /f\.csv:3, column 'a': expected a number, found 'many'/,
    ],
    ['a ragged list', 'g.jsonl', '{"x": [[1, 2], [3]], "y": 1}', 'DATASET_UNFIT', /unequal lengths/],
    ['a list of truths', 'h.jsonl', '{"x": [1], "y": [1]}', 'DATASET_UNFIT', /number or text/],
    ['a line that is no object', 'i.jsonl', '[1]', 'DATASET_UNFIT', /i\.jsonl:1: expected an object/],
    [
      'a text where numbers were begun',
      'j.jsonl',
      '{"x": [1, "2"], "y": 1}',
      'DATASET_UNFIT',
      /expected numbers/,
    ],
    ['a pickle', 'k.pkl', 'cos\nsystem', 'DATASET_UNSUPPORTED', /k\.pkl/],
  ] as const)('%s', async (_, name, content, code, message) => {
    const path = await write(name, content)
    await expect(openDataset(path)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  test('a name that is nearly right', async () => {
    const path = await write('near.npz', npz({ images: IMAGES, labels: LABELS }))
    await expect(openDataset(path, { inputField: 'image' })).rejects.toMatchObject({
      code: 'DATASET_FIELD_MISSING',
      hint: "Did you mean 'images'?",
    })
  })

  test('images without their labels', async () => {
    const path = await write('lone/t10k-images-idx3-ubyte', idx([1, 1, 1], [1]))
    await expect(openDataset(path)).rejects.toMatchObject({ code: 'DATASET_FIELD_MISSING' })
  })

  test('a link that leads out of the folder', async () => {
    const outside = await write('secret.npy', LABELS)
    await write('linked/images.npy', IMAGES)
    await symlink(outside, join(folder, 'linked/labels.npy'))
    await expect(openDataset(join(folder, 'linked'))).rejects.toMatchObject({ code: 'PATH_ESCAPES' })
  })

  test('a folder without data, and what is not there', async () => {
    await mkdir(join(folder, 'empty'))
    await expect(openDataset(join(folder, 'empty'))).rejects.toMatchObject({ code: 'DATASET_UNSUPPORTED' })
    await expect(openDataset(join(folder, 'nowhere.npz'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})

test.each(['test.csv', 'test.npz', 'test.jsonl', 'test.parquet', 't10k-images-idx3-ubyte'])(
  '%s that is a Git LFS pointer says so',
  async name => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12\n`
    await expect(openDataset(await write(`pointers/${name}`, pointer))).rejects.toMatchObject({
      code: 'DATASET_UNSUPPORTED',
      hint: 'Run `git lfs pull`.',
    })
  },
)
