import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { sourceOf, type Tensor } from '../../../core/index.ts'
import { openNpz } from '../../../formats/index.ts'
import { compilePreprocess } from '../preprocessor.ts'

const FOLDER = new URL('../../../../test/fixtures/inference/images/', import.meta.url)
/** What Pillow read out of each picture: test/fixtures/inference/images/make_pictures.py. */
const npz = await openNpz(sourceOf(readFileSync(new URL('pictures.npz', FOLDER))))
const names = readdirSync(new URL('pictures/', FOLDER))

/** How far from Pillow's pixels, of 255; 0 where nothing is said. AVIF's colours are converted by another library. */
const BOUNDS: Readonly<Record<string, number>> = { 'lossless.avif': 1 }

function picture(name: string): Uint8Array {
  return readFileSync(new URL(`pictures/${name}`, FOLDER))
}

async function pixelsOf(bytes: Uint8Array, background?: readonly number[]): Promise<Tensor> {
  const decode = { kind: 'decode', what: 'image', ...(background && { background }) } as const
  return await compilePreprocess([decode, { kind: 'layout', order: 'nhwc' }]).fromImage(bytes)
}

function distance(made: Tensor, expected: Tensor): number {
  expect(made.shape).toEqual([1, ...expected.shape])
  const values = expected.data as Uint8Array
  return (made.data as Float32Array).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - values[i]!)),
    0,
  )
}

describe('the pixels that Pillow reads', () => {
  test.each(names)('%s', async name => {
    const expected = await (await npz.array(name)).read()
    expect(distance(await pixelsOf(picture(name)), expected)).toBeLessThanOrEqual(BOUNDS[name] ?? 0)
  })

  test.each([
    ['white', [255]],
    ['teal', [0, 128, 128]],
  ] as const)('over a background, %s', async (name, background) => {
    const expected = await (await npz.array(`rgba.png over ${name}`)).read()
    expect(distance(await pixelsOf(picture('rgba.png'), background), expected)).toBe(0)
  })
})
