import { expect, test } from 'vitest'
import { sourceOf } from '../../../core/index.ts'
import { readArrayText } from './text.ts'
import type { NumpyArray } from './types.ts'

test('texts of no bytes are counted before they are given', async () => {
  const array = {
    shape: [2 ** 25, 2 ** 25],
    dtype: { dtype: 'string', itemBytes: 0, text: 'bytes' },
  } as unknown as NumpyArray
  await expect(readArrayText(sourceOf(new Uint8Array(0)), array).next()).rejects.toMatchObject({
    code: 'FORMAT_LIMIT',
  })
})
