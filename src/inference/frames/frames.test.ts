import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameDecoder } from './decoder.ts'
import {
  cancelFrame,
  type Frame,
  HEAD_BYTES,
  headerBlock,
  headerOf,
  MAX_FRAME_BYTES,
  MAX_HEADER_BYTES,
  requestHead,
  responseHead,
} from './frame.ts'

function decode(chunks: readonly Buffer[]): readonly Frame[] {
  const frames: Frame[] = []
  const decoder = new FrameDecoder()
  for (const chunk of chunks) decoder.push(chunk, frame => frames.push(frame))
  return frames
}

/** Bytes cut at the given places (as parts of the whole). */
function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const at = [0, ...places.map(place => Math.floor(place * bytes.length)).sort((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, i) => Buffer.from(bytes.subarray(at[i]!, end)))
}

const id = fc.integer({ min: 1, max: 0xffffffff })
const headers = fc
  .dictionary(fc.stringMatching(/^[a-z-]{1,12}$/), fc.stringMatching(/^[!-~]{1,20}$/), { maxKeys: 4 })
  .map(headerBlock)
const body = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    kind: fc.constant('request' as const),
    id,
    operation: fc.constantFrom('infer', 'metadata', 'status'),
    timeoutMs: fc.nat(),
    headers,
    body,
  }),
  fc.record({
    kind: fc.constant('response' as const),
    id,
    status: fc.integer({ min: 100, max: 599 }),
    headers,
    body,
  }),
  fc.record({ kind: fc.constant('cancel' as const), id }),
)

function encode(frame: Frame): Buffer {
  switch (frame.kind) {
    case 'cancel':
      return cancelFrame(frame.id)
    case 'request':
      return Buffer.concat([
        requestHead(frame.id, frame.operation, frame.timeoutMs, frame.headers, frame.body.length),
        frame.body,
      ])
    case 'response':
      return Buffer.concat([
        responseHead(frame.id, frame.status, frame.headers, frame.body.length),
        frame.body,
      ])
  }
}

test('frames come out as they went in, wherever the chunks end', () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 8 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }),
      (frames, places) => {
        const wire = Buffer.concat(frames.map(encode))
        expect(decode(cut(wire, places))).toEqual(frames)
      },
    ),
  )
})

test('the end of a body that came in pieces can be read as numbers where it lies', () => {
  const numbers = Float64Array.of(1, 2, 3)
  for (let head = 0; head < 9; head++) {
    const body = Buffer.concat([Buffer.alloc(head, 'x'), Buffer.from(numbers.buffer)])
    const wire = encode({ kind: 'request', id: 1, operation: 'infer', timeoutMs: 5, headers: '', body })
    // The next frame's first bytes come with the last ones.
    const chunks = [
      wire.subarray(0, 20),
      wire.subarray(20, 30),
      Buffer.concat([wire.subarray(30), Buffer.alloc(3)]),
    ]
    const [frame] = decode(chunks)
    if (frame?.kind !== 'request') throw new Error('no request')
    const { buffer, byteOffset } = frame.body.subarray(head)
    expect([...new Float64Array(buffer, byteOffset, 3)]).toEqual([...numbers])
  }
})

test('frames come out when each byte comes alone', () => {
  const frames: readonly Frame[] = [
    { kind: 'request', id: 7, operation: 'infer', timeoutMs: 5, headers: 'a: b\n', body: Buffer.from('xyz') },
    { kind: 'cancel', id: 7 },
  ]
  const wire = Buffer.concat(frames.map(encode))
  expect(decode(Array.from(wire, byte => Buffer.from([byte])))).toEqual(frames)
})

test('arbitrary bytes give frames or a FRAME error, never anything else', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 8 }), chunks => {
      try {
        decode(chunks.map(chunk => Buffer.from(chunk)))
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^FRAME_(INVALID|TOO_LARGE)$/) })
      }
    }),
    { numRuns: 500 },
  )
})

function crafted(change: (bytes: Buffer) => void): Buffer {
  const bytes = encode({
    kind: 'request',
    id: 1,
    operation: 'infer',
    timeoutMs: 1,
    headers: '',
    body: Buffer.alloc(4),
  })
  change(bytes)
  return bytes
}

test.each([
  ['a length over the limit', crafted(b => b.writeUInt32LE(MAX_FRAME_BYTES + 1, 0)), 'FRAME_TOO_LARGE'],
  ['a length below the head', crafted(b => b.writeUInt32LE(HEAD_BYTES - 5, 0)), 'FRAME_INVALID'],
  ['a header block past the end', crafted(b => b.writeUInt16LE(5, 6)), 'FRAME_INVALID'],
  ['a header block over the limit', crafted(b => b.writeUInt16LE(MAX_HEADER_BYTES + 1, 6)), 'FRAME_INVALID'],
  ['an unknown kind', crafted(b => b.writeUInt8(9, 4)), 'FRAME_INVALID'],
  ['an unknown operation', crafted(b => b.writeUInt8(0, 5)), 'FRAME_INVALID'],
])('%s is refused', (_, bytes, code) => {
  expect(() => decode([bytes])).toThrow(expect.objectContaining({ code }))
})

test('a body over the limit is not sent', () => {
  expect(() => requestHead(1, 'infer', 1, '', MAX_FRAME_BYTES)).toThrow(
    expect.objectContaining({ code: 'FRAME_TOO_LARGE' }),
  )
})

test.each([
  ['content-type', 'image/png'],
  ['type', 'x'],
  ['absent', undefined],
])('the header %s is %s', (name, value) => {
  expect(headerOf('content-type: image/png\ntype: x\nlast: y\n', name)).toBe(value)
})

test('a value cannot smuggle in another header', () => {
  expect(headerOf(headerBlock({ a: 'x\nb: y' }), 'b')).toBeUndefined()
})
