import { type OnnxTensor, PIECE_BYTES } from '../../formats/index.ts'
import { weightPasses } from '../../kernels/index.ts'
import { OptimizeError } from '../errors.ts'

/** A piece's own bytes as float32; copied where they do not lie on a multiple of 4. */
function asFloats(bytes: Uint8Array): Float32Array {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  return new Float32Array(whole.buffer, whole.byteOffset, whole.byteLength / 4)
}

/** The numbers of a float32 tensor in pieces, each valid until the next is asked for. */
export async function* floatsOf({ data }: OnnxTensor): AsyncGenerator<Float32Array, void> {
  if (data instanceof Uint8Array) yield asFloats(data)
  if (typeof data !== 'function') return
  const room = takeRoom()
  try {
    for await (const piece of data({ buffer: room })) yield asFloats(piece)
  } finally {
    rooms?.push(room)
  }
}

/** Memory that nobody reads into: first of all the kernels' own. */
let rooms: Uint8Array[] | undefined

function takeRoom(): Uint8Array {
  rooms ??= [weightPasses().room].filter(room => room !== undefined)
  return rooms.pop() ?? new Uint8Array(2 * PIECE_BYTES)
}

/** Throws OPTIMIZE_UNSUPPORTED where a range says that a number is none, or infinite. */
export function checkFinite({ name }: OnnxTensor, least: number, greatest: number): void {
  if (Number.isFinite(least) && Number.isFinite(greatest)) return
  const what = Number.isNaN(least) ? 'NaN' : 'infinity'
  throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
    message: `The weight '${name}' holds ${what}: no smaller type stands for that`,
    hint: 'Look at `ballast inspect --stats`: a training that diverged leaves such weights.',
    details: { tensor: name },
  })
}

export function bytesOf(numbers: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
}
