import { sliceOf } from '../../bytes/ranges.ts'
import type { NpyDtype } from '../../npy/dtype.ts'
import { readNpyHeader } from '../../npy/header.ts'
import { hasMagic } from '../engine/content.ts'
import type { Lens } from '../engine/lens.ts'
import { scanPickles } from '../pickle/scan.ts'

/** Arrays of objects are a pickle behind the header, which `numpy.load(allow_pickle=True)` loads. */
export const npyLens: Lens = {
  name: 'npy',
  async scan(content, sink) {
    if (!hasMagic(content, '\x93NUMPY')) return undefined
    const { source } = content
    const header = await readNpyHeader(source)
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
    }
    return 'npy'
  },
}

function hasObjects({ dtype, fields }: NpyDtype): boolean {
  return dtype === 'object' || (fields ?? []).some(({ type }) => hasObjects(type))
}

type Finding = Parameters<Parameters<typeof npyLens.scan>[1]['add']>[0]

/** Offsets are within the file. */
function moved(finding: Finding, by: number): Finding {
  const { at } = finding
  return at?.offset === undefined ? finding : { ...finding, at: { ...at, offset: at.offset + by } }
}
