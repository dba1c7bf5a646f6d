import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { WantedReplica } from '../../api/index.ts'
import { digestOf } from '../../core/index.ts'
import { unavailable } from './blobs/errors.ts'
import { Form, layoutOf } from './form.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'form-'))
})
afterEach(() => rm(folder, { recursive: true }))

const reference = { inputs: [], outputs: [], rtol: 0, atol: 0 }
const original = [{ name: 'model.onnx', digest: digestOf('original'), size: 8 }]
const variant = {
  name: 'int8',
  digest: digestOf('int8'),
  files: [{ name: 'model.onnx', digest: digestOf('int8'), size: 4 }],
}
const wanted: WantedReplica = {
  replica: 'a',
  version: 'ver_a',
  versionNumber: 1,
  model: 'm',
  config: {},
  files: original,
  reference,
  variant,
}

test("a variant is held to its own reference, never to the original's", () => {
  const form = new Form(join(folder, 'fallback.json'))
  expect(form.of(wanted)).toMatchObject({ files: variant.files, variant })
  expect(form.of(wanted)).not.toHaveProperty('reference')
  const own = { ...reference, rtol: 1 }
  expect(form.of({ ...wanted, variant: { ...variant, reference: own } })).toMatchObject({ reference: own })
})

test('after it fell back the original is held to its own', async () => {
  const form = new Form(join(folder, 'fallback.json'))
  expect(await form.fallBack(wanted, 'it does not load')).toBe(true)
  expect(form.of(wanted)).toMatchObject({ files: original, reference })
  expect(form.of(wanted)).not.toHaveProperty('variant')
  expect(await form.fallBack(wanted, 'it does not load')).toBe(false)
  expect(form.told(wanted)).toEqual({
    fallback: { name: 'int8', digest: variant.digest, reason: 'it does not load' },
  })
  // Another variant is another matter.
  const other = { ...wanted, variant: { ...variant, digest: digestOf('other') } }
  expect(form.told(other)).toEqual({})
  expect(form.of(other)).toMatchObject({ variant: other.variant })
  const { variant: _, ...plain } = wanted
  expect(await form.fallBack(plain, 'it does not load')).toBe(false)
})

test('a kept reason that can not be read is none', async () => {
  await writeFile(join(folder, 'fallback.json'), '{"name":')
  const form = new Form(join(folder, 'fallback.json'))
  await form.open()
  expect(form.of(wanted)).toMatchObject({ variant })
})

test('what can not be fetched is given up after several tries, and what else goes wrong is not its fault', () => {
  const form = new Form(join(folder, 'fallback.json'))
  const blamed = Array.from({ length: 5 }, () => form.blames(unavailable(variant.digest, 'away')))
  expect(blamed).toEqual([false, false, false, false, true])
  expect(form.blames(new Error('no space left'))).toBe(false)
})

test('forms of a version are laid out apart', () => {
  const other = { ...variant, digest: digestOf('other') }
  const names = [layoutOf({ version: 'ver_a' }), layoutOf(wanted), layoutOf({ ...wanted, variant: other })]
  expect(new Set(names).size).toBe(3)
})
