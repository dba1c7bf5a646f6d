import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { sourceOf, type Tensor } from '../../../core/index.ts'
import { openNpz } from '../../../formats/index.ts'
import { RESIZE_FILTERS, RESIZE_LIKES } from '../../types.ts'
import { type Pixels, pixelsOf } from '../pixels.ts'
import { atOnce } from '../turns.ts'
import { resize, resizeDefaults } from './resize.ts'

/** What Pillow, OpenCV, TensorFlow and torchvision made: test/fixtures/inference/images/make_resizes.py. */
const fixtures = new Map<string, Tensor>()
const bytes = await readFile(
  new URL('../../../../test/fixtures/inference/images/resizes.npz', import.meta.url),
)
const npz = await openNpz(sourceOf(bytes))
for (const name of npz.names) fixtures.set(name, await (await npz.array(name)).read())

interface Case {
  readonly name: string
  readonly library: string
  readonly filter: (typeof RESIZE_FILTERS)[number]
  readonly antialias: boolean | undefined
  readonly source: string
  readonly width: number
  readonly height: number
}

const cases = [...fixtures.keys()].filter(name => !name.startsWith('source')).map(parse)

/**
 * How far an answer may be from the library's, of 255. torchvision's own bytes depend on the processor's instructions;
 * TensorFlow's and its floats are rounded in another order.
 */
const BOUNDS: Readonly<Record<string, number>> = {
  pillow: 0,
  opencv: 0,
  tensorflow: 255e-5,
  torch: 0,
  torchfloat: 255e-5,
}

describe.each(Object.keys(BOUNDS))('as %s', library => {
  test.each(cases.filter(each => each.library === library))('$name', each => {
    const source = sourceOfCase(each)
    const made = atOnce(
      resize(
        source,
        each.width,
        each.height,
        resizeDefaults({
          filter: each.filter,
          like: RESIZE_LIKES.find(like => library.startsWith(like))!,
          ...(each.antialias !== undefined && { antialias: each.antialias }),
        }),
      ),
    )
    const expected = pixelsOf(fixtures.get(each.name)!)
    expect(made).toMatchObject({ width: each.width, height: each.height, channels: source.channels })
    expect(distance(made, expected)).toBeLessThanOrEqual(BOUNDS[library]!)
  })
})

function parse(name: string): Case {
  const parts = name.split('-')
  const [width = 0, height = 0] = parts.at(-1)!.split('x').map(Number)
  const antialias = parts[2] === 'aa' ? true : parts[2] === 'raw' ? false : undefined
  return {
    name,
    library: parts[0]!,
    filter: RESIZE_FILTERS.find(filter => filter === parts[1])!,
    antialias,
    source: parts.at(-2)!,
    width,
    height,
  }
}

function sourceOfCase({ source, library }: Case): Pixels {
  const pixels = pixelsOf(fixtures.get(`source-${source}`)!)
  return library === 'torchfloat' ? { ...pixels, data: Float32Array.from(pixels.data) } : pixels
}

function distance(made: Pixels, expected: Pixels): number {
  expect(made.data.length).toBe(expected.data.length)
  let most = 0
  made.data.forEach((value, i) => {
    most = Math.max(most, Math.abs(value - expected.data[i]!))
  })
  return most
}
