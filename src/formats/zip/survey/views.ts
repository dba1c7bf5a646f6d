import type { ByteSource } from '../../../core/index.ts'
import { sliceOf } from '../../bytes/ranges.ts'
import { CODECS } from '../../codecs/codecs.ts'
import { Feed } from '../../codecs/feed.ts'
import { spooled } from '../../codecs/unwrap.ts'
import { failing } from '../../errors.ts'
import type { Wrapper } from '../../types.ts'
import { inflateRawOf } from '../unpack.ts'
import { asFarAsItGoes } from './inflate.ts'
import type { CentralHeader, EntryView, LocalHeader } from './types.ts'

/** APPNOTE 6.3.10, 4.4.5: methods beside stored and deflate whose data is a stream of its own kind. */
const STREAMS: ReadonlyMap<number, Wrapper> = new Map([
  [12, 'bzip2'],
  [93, 'zstd'],
  [95, 'xz'],
])

export function isRead(method: number): boolean {
  return method === 0 || method === 8 || STREAMS.has(method)
}

/** The ways in which loaders read an entry; one, where directory and local header agree. */
export function viewsOf(
  source: ByteSource,
  local: LocalHeader | undefined,
  central: CentralHeader | undefined,
): readonly EntryView[] {
  if (!local) return []
  const byLocal = view(source, local, local.dataOffset, local.method, local.dataEnd - local.dataOffset, [
    'local',
  ])
  if (!central) return [byLocal]
  // A stored entry that states two sizes: some take the one, some the other. The longer one begins with the shorter.
  const packed =
    central.method === 0 ? Math.max(central.compressedSize, central.size) : central.compressedSize
  const length = Math.min(packed, source.size - local.dataOffset)
  if (local.method === central.method && length === local.dataEnd - local.dataOffset)
    return [{ ...byLocal, by: ['directory', 'local'], name: central.name }]
  return [view(source, central, local.dataOffset, central.method, length, ['directory']), byLocal]
}

function view(
  source: ByteSource,
  header: { readonly name: string },
  start: number,
  method: number,
  length: number,
  by: EntryView['by'],
): EntryView {
  const label = `${header.name} in ${source.name}`
  return {
    by,
    name: header.name,
    method,
    async open() {
      const packed = sliceOf(source, start, length, label)
      if (method === 0) return packed
      const wrapper = STREAMS.get(method)
      if (method !== 8 && wrapper === undefined)
        throw failing(
          'ZIP_UNSUPPORTED',
          'Save it stored or with deflate.',
        )(`${label} has the compression method ${method}, which is not read`)
      const pieces =
        wrapper === undefined
          ? inflateRawOf(packed)
          : CODECS[wrapper].decode(new Feed(packed, CODECS[wrapper].fail))
      return spooled(asFarAsItGoes(pieces, length, label), label)
    },
  }
}
