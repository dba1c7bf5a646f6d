import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mutated, seeded } from '../../../test/fixtures/tensorflow/mutate.ts'
import { inputOf, readAll } from '../../../test/fixtures/tensorflow/world.ts'
import { openTflite } from './open.ts'

const FOLDER = join(import.meta.dirname, '../../../test/fixtures/tflite')
const fixture = (name: string) => readFileSync(join(FOLDER, `${name}.tflite`))
const open = async (bytes: Uint8Array) =>
  openTflite(await inputOf(new Map([['m.tflite', bytes]]), 'm.tflite'))

async function outcome(bytes: Uint8Array): Promise<string> {
  try {
    const model = await open(bytes)
    await readAll(model)
    JSON.stringify([model.file, model.hazards])
    return 'read'
  } catch (error) {
    expect(error).toMatchObject({ name: 'FormatsError' })
    return (error as { code: string }).code
  }
}

test.each(['text', 'flex', 'int8'])('every truncation of %s is refused', async name => {
  const whole = fixture(name)
  // The last bytes are padding, or a text's closing NUL.
  for (let length = 0; length < whole.length - 8; length += 3)
    expect(await outcome(whole.subarray(0, length))).toMatch(/^FORMAT_(TRUNCATED|MALFORMED)$/)
})

test.each(['two', 'int8', 'metadata', 'text', 'outside'])(
  '%s with changed bytes is read or refused',
  async name => {
    const whole = fixture(name)
    const random = seeded(7)
    const outcomes = new Set<string>()
    for (let run = 0; run < 200; run++) outcomes.add(await outcome(mutated(whole, random)))
    expect(outcomes).toContain('FORMAT_MALFORMED')
    expect(outcomes).toContain('FORMAT_TRUNCATED')
  },
)

/** A model of nothing: the root table with one field at `slot` that points to what follows it. */
function modelWith(slot: number, pointed: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(64 + pointed.length)
  bytes.writeUInt32LE(40, 0)
  bytes.write('TFL3', 4, 'latin1')
  // The layout: its own size, the table's size, then ten fields.
  bytes.writeUInt16LE(24, 8)
  bytes.writeUInt16LE(12, 10)
  bytes.writeUInt16LE(4, 12)
  bytes.writeUInt16LE(8, 12 + slot * 2)
  // The table: back to the layout, the version, a pointer.
  bytes.writeInt32LE(40 - 8, 40)
  bytes.writeUInt32LE(3, 44)
  bytes.writeUInt32LE(64 - 48, 48)
  bytes.set(pointed, 64)
  return bytes
}

const words = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer)

describe('lies in the flatbuffer', () => {
  test('an empty model is described', async () => {
    const { file } = await open(modelWith(2, words(0)))
    expect(file).toMatchObject({ format: 'tflite', tensors: [], parameters: 0 })
  })

  test.each<[string, Uint8Array, string, RegExp]>([
    [
      'another identifier',
      Buffer.from('\x08\0\0\0TFL2\0\0\0\0', 'latin1'),
      'FORMAT_MALFORMED',
      /"TFL2" is not 'TFL3'/,
    ],
    ['a root beyond the file', Buffer.from('\xff\xff\xff\xffTFL3', 'latin1'), 'FORMAT_TRUNCATED', /beyond/],
    [
      'a vector of 2^32 − 1 tables',
      modelWith(2, words(0xffffffff)),
      'FORMAT_TRUNCATED',
      /4294967295 elements/,
    ],
    ['a table before the file', modelWith(2, words(1, 0xfffffff0)), 'FORMAT_TRUNCATED', /beyond/],
    [
      'a layout before the file',
      modelWith(2, words(1, 4, 0x7fffffff)),
      'FORMAT_MALFORMED',
      /before the file/,
    ],
    ['a layout of three bytes', modelWith(2, words(2, 8, 4, 0, 0x00040003)), 'FORMAT_MALFORMED', /layout/],
    ['a text beyond the file', modelWith(3, words(0x10000)), 'FORMAT_TRUNCATED', /65536 elements/],
    [
      'a signature of no subgraph',
      modelWith(7, words(1, 8, 0x00040004, 4)),
      'FORMAT_MALFORMED',
      /subgraph 0 of 0/,
    ],
  ])('%s', async (_, bytes, code, message) => {
    await expect(open(bytes)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })
})
