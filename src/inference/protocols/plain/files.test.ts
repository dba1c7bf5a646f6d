import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { InferenceError } from '../../errors.ts'
import { aModel, given, read, x } from './testing.ts'

const FIXTURES = new URL('../../../../test/fixtures/', import.meta.url)
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

  test.each([
    ['hello', 'text/plain'],
    ['1,2', 'text/csv'],
    ['[1,2]\n', 'application/x-ndjson'],
  ])('%j as %s is no image, for a model that takes images', async (body, type) => {
    const pixels = { ...x, shape: ['N', 1, 2, 2] }
    const images = aModel([pixels], { preprocess: [{ kind: 'decode', what: 'image' }] })
    await expect(read(body, type, images)).rejects.toThrow(/takes images/)
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
