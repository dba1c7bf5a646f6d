import type { ByteSource } from '../../../core/index.ts'
import { sliceOf } from '../../bytes/ranges.ts'
import type { NpyDtype } from '../../npy/dtype.ts'
import { type NpyHeader, readNpyHeader } from '../../npy/header.ts'
import { hasMagic } from '../engine/content.ts'
import type { Lens } from '../engine/lens.ts'
import { scanPickles } from '../pickle/scan.ts'

/** Arrays of objects are a pickle behind the header, which `numpy.load(allow_pickle=True)` loads. */
export const npyLens: Lens = {
  name: 'npy',
  async scan(content, sink) {
    if (!hasMagic(content, '\x93NUMPY')) return undefined
    const { source } = content
    const header = await headerOf(source, sink)
    const { dataOffset } = header
    const rest = sliceOf(source, dataOffset, source.size - dataOffset, source.name)
    // Other arrays are read as numbers; a lying header changes nothing of that.
    if (hasObjects(header.type)) {
      const found = await scanPickles(rest, {
        ...sink,
        add: finding => sink.add(moved(finding, dataOffset)),
        context: {},
      })
      if (found === undefined && source.size > dataOffset)
        sink.add({
          rule: 'content/malformed',
          level: 'unknown',
          what: 'an array of objects without its pickle',
        })
    } else await scanBehind(header, source, sink)
    return 'npy'
  },
}

/** `numpy.load` goes on where an array ends, when it is called again: what stands there is content of its own. */
async function scanBehind(
  { type, shape, dataOffset }: NpyHeader,
  source: ByteSource,
  sink: Sink,
): Promise<void> {
  const end = shape.reduce((size, length) => size * length, type.itemBytes) + dataOffset
  if (!Number.isSafeInteger(end) || end >= source.size) return
  const rest = sliceOf(source, end, source.size - end, source.name)
  const formats = await sink.descend(rest, `behind the array at ${end}`)
  if (formats.length > 0 || sink.context.speculative) return
  const what = `${source.size - end} bytes behind the array are of no known format`
  sink.add({ rule: 'content/unrecognised', level: 'unknown', what, at: { offset: end } })
}

/** Of a header that is not read here, numpy may read it all the same: what is behind it is judged before. */
async function headerOf(source: ByteSource, sink: Sink): Promise<NpyHeader> {
  try {
    return await readNpyHeader(source)
  } catch (error) {
    const start = await source.read(0, Math.min(source.size, 12))
    const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
    if (start.byteLength === 12) {
      const offset = start[6] === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true)
      if (offset < source.size) {
        const rest = sliceOf(source, offset, source.size - offset, source.name)
        await scanPickles(rest, { ...sink, add: finding => sink.add(moved(finding, offset)) })
      }
    }
    throw error
  }
}

function hasObjects({ dtype, fields }: NpyDtype): boolean {
  return dtype === 'object' || (fields ?? []).some(({ type }) => hasObjects(type))
}

type Sink = Parameters<typeof npyLens.scan>[1]
type Finding = Parameters<Sink['add']>[0]

/** Offsets are within the file. */
function moved(finding: Finding, by: number): Finding {
  const { at } = finding
  return at?.offset === undefined ? finding : { ...finding, at: { ...at, offset: at.offset + by } }
}
