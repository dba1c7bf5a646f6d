import { constants, inflateRawSync } from 'node:zlib'
import { type ByteSource, messageOf } from '../../core/index.ts'
import { failing } from '../errors.ts'
import type { Reader } from '../ports.ts'
import type { TensorInfo } from '../types.ts'
import { openZip } from '../zip/archive.ts'
import type { ZipEntry } from '../zip/records.ts'
import { holdsObjects } from './dtype.ts'
import { checkSize } from './elements.ts'
import { MAX_NPY_HEADER, readNpyHeader } from './header.ts'
import { describeArrays, infoOf, readersOf } from './model.ts'

/** Packed bytes that are tried for a header, one after the other; the first does for all but records of many fields. */
const HEAD_BYTES = [256, 4096, 65_536, MAX_NPY_HEADER + 4096]
/** Deflate makes 1,032 bytes of one at the very most: what 64 KiB make, and headers are far shorter. */
const MAX_HEAD_UNPACKED: number = 65_536 * 1040
/** Of a zip's local header, without the name and the extra field. */
const LOCAL_BYTES = 30

const invalid = failing('ZIP_INVALID', 'Make the archive again, or fetch it again.')

/**
 * A .npz file: each array is a tensor, named as numpy.savez was told. Only headers are read, of deflated arrays too;
 * the elements of a deflated one are unpacked when they are asked for. Throws ZIP_… and NPY_INVALID.
 */
export const openNpzModel: Reader = async input => {
  const { source } = input
  const archive = await openZip(source)
  const tensors: TensorInfo[] = []
  const others: string[] = []
  for (const entry of archive.entries) {
    if (!entry.name.endsWith('.npy')) {
      if (!entry.directory) others.push(entry.name)
      continue
    }
    const deflated = entry.method === 'deflate'
    const head = deflated ? await headOf(source, entry) : await archive.open(entry.name)
    const header = await readNpyHeader(head)
    if (!holdsObjects(header.type)) checkSize(head, header)
    tensors.push(infoOf(entry.name.slice(0, -4), header, deflated))
  }
  const file = describeArrays(input, 'npz', undefined, tensors)
  const more = `entries that are no arrays: ${others.slice(0, 10).join(', ')}`
  return {
    file: others.length > 0 ? { ...file, notes: [...(file.notes ?? []), more] } : file,
    ...readersOf(input, tensors, async function withArray(name, use) {
      const array = await archive.open(`${name}.npy`)
      return closing(array, use(array, await readNpyHeader(array)))
    }),
    async close() {},
  }
}

async function* closing<T>(source: ByteSource, items: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  try {
    yield* items
  } finally {
    await source.close()
  }
}

/** The beginning of a deflated entry as a source that says the entry's whole size; reads behind the beginning fail. */
async function headOf(source: ByteSource, entry: ZipEntry): Promise<ByteSource> {
  const name = `${entry.name} in ${source.name}`
  const fixed = await source.read(entry.offset, Math.min(LOCAL_BYTES, source.size - entry.offset))
  if (fixed.length < LOCAL_BYTES) throw invalid(`${name} has no local header where the directory says`)
  const view = new DataView(fixed.buffer, fixed.byteOffset, fixed.byteLength)
  const start = entry.offset + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true)
  let head = new Uint8Array(0)
  return {
    name,
    size: entry.size,
    async read(offset, length) {
      for (const most of HEAD_BYTES) if (offset + length > head.byteLength) head = await unpack(most)
      if (offset + length > head.byteLength) throw invalid(`${name} ends before its header does`)
      return head.subarray(offset, offset + length)
    },
    async close() {},
  }

  async function unpack(most: number): Promise<Uint8Array<ArrayBuffer>> {
    const packed = Math.min(most, entry.compressedSize)
    if (start + packed > source.size) throw invalid(`${name} goes beyond the end of the archive`)
    try {
      return inflateRawSync(await source.read(start, packed), {
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: MAX_HEAD_UNPACKED,
      })
    } catch (cause) {
      throw invalid(`${name} could not be unpacked: ${messageOf(cause)}`, { cause })
    }
  }
}
