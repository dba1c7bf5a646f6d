import { createHash, type Hash } from 'node:crypto'
import { readSync, writeSync } from 'node:fs'
import { type Bytes, diskFull } from '../../../core/index.ts'
import type { EncodedPiece, PieceCodec } from '../../codec/types.ts'
import { MAX_PIECE_BYTES } from '../../layout/types.ts'
import { decodeChunk } from '../chain.ts'
import { corrupt } from '../errors.ts'
import type { DecodeTask, EncodeTask, HashTask, OpenPlace, Results, Task } from './messages.ts'

const HASH_BYTES = 1024 * 1024

/** What a thread does, one task after the other, in memory of its own. */
export class Tasks {
  readonly #codec: PieceCodec
  readonly #body: Uint8Array = new Uint8Array(MAX_PIECE_BYTES)
  readonly #piece: Uint8Array = new Uint8Array(MAX_PIECE_BYTES)
  readonly #window: Uint8Array = new Uint8Array(HASH_BYTES)
  #hash: Hash = createHash('sha256')

  constructor(codec: PieceCodec) {
    this.#codec = codec
  }

  run(task: Task): Results[keyof Results] {
    if (task.kind === 'decode') return this.#decode(task)
    return task.kind === 'encode' ? this.#encode(task) : this.#hashFile(task)
  }

  #decode({ chains, to, check }: DecodeTask): Results['decode'] {
    const given: Uint8Array<ArrayBuffer>[] = []
    let offset = to === undefined || to === 'nowhere' ? 0 : to.offset
    for (const chain of chains) {
      const bytes = this.#decoded(chain, check, to === undefined ? undefined : this.#piece)
      if (to === undefined) given.push(owned(bytes))
      else if (to !== 'nowhere') writeAt(to.fd, bytes, offset, to.path)
      offset += bytes.byteLength
    }
    return given
  }

  /** `room`: written there, since a fresh buffer for each piece would be garbage faster than it is collected. */
  #decoded(chain: readonly OpenPlace[], check: boolean, room: Uint8Array | undefined): Uint8Array {
    let bytes: Uint8Array | undefined
    for (const place of chain) {
      const body = this.#body.subarray(0, place.stored)
      readAt(place, body)
      const { encoding, length } = place
      const into = room?.subarray(0, length)
      // Where the whole is compared afterwards, pieces need not be.
      bytes = check
        ? decodeChunk(this.#codec, place, body, bytes, into)
        : this.#codec.decode({ encoding, body }, length, bytes, into)
    }
    return bytes ?? new Uint8Array()
  }

  #encode({ raw, elements, base }: EncodeTask): EncodedPiece {
    const own = this.#piece.subarray(0, raw.byteLength)
    own.set(raw)
    const { encoding, body } = this.#codec.encode(own, elements, base, raw)
    // A view of what both threads see, or handed over.
    return { encoding, body: body.buffer === raw.buffer ? body : owned(body) }
  }

  #hashFile({ fd, from, to, last }: HashTask): string | undefined {
    for (let at = from; at < to; ) {
      const read = readSync(fd, this.#window, 0, Math.min(HASH_BYTES, to - at), at)
      if (read === 0) throw new Error(`The file ended at ${at}, before ${to}`)
      this.#hash.update(this.#window.subarray(0, read))
      at += read
    }
    if (!last) return undefined
    const hex = this.#hash.digest('hex')
    this.#hash = createHash('sha256')
    return hex
  }
}

/** In a buffer that holds nothing else, and so may be handed over. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) return new Uint8Array(buffer)
  return new Uint8Array(bytes)
}

function readAt(place: OpenPlace, target: Uint8Array): void {
  for (let filled = 0; filled < target.byteLength; ) {
    const read = readSync(place.fd, target, filled, target.byteLength - filled, place.offset + filled)
    if (read === 0)
      throw corrupt(place.pack, `it ends within the chunk ${place.chunk}`, { chunk: place.chunk })
    filled += read
  }
}

function writeAt(fd: number, bytes: Uint8Array, offset: Bytes, path: string): void {
  try {
    for (let written = 0; written < bytes.byteLength; )
      written += writeSync(fd, bytes, written, bytes.byteLength - written, offset + written)
  } catch (cause) {
    throw diskFull(cause, path) ?? cause
  }
}
