import { detectWrapper } from '../../codecs/detect.ts'
import { LARGE_BYTES, MAX_LARGE_RATIO, MAX_RATIO } from '../unpack.ts'
import { type Hazards, shown } from './hazards.ts'
import { isStreamed } from './local.ts'
import type { CentralHeader, LocalHeader, SurveyedEntry } from './types.ts'
import { isRead } from './views.ts'

/** Flags that change how data is read: encrypted, sizes behind the data, strong encryption, masked headers. */
const TELLING_FLAGS = 0x2049
const ENCRYPTED = 0x0041

/** What directory and local header of one entry say differently. */
export function compareHeaders(central: CentralHeader, local: LocalHeader, hazards: Hazards): void {
  const { name, offset } = central
  const differ = (what: string, one: number | string, other: number | string): string =>
    `${what}: the directory says ${one}, the local header ${other}`
  if (Buffer.compare(central.nameBytes, local.nameBytes) !== 0)
    hazards.add('name-differs', local.offset, differ('the name', shown(name), shown(local.name)), name)
  if (central.method !== local.method)
    hazards.add('method-differs', local.offset, differ('the method', central.method, local.method), name)
  if (((central.flags ^ local.flags) & TELLING_FLAGS) !== 0)
    hazards.add('flags-differ', local.offset, differ('the flags', central.flags, local.flags), name)
  const descriptor = local.descriptor
  if (isStreamed(local)) {
    const same =
      descriptor === undefined ||
      (descriptor.size === central.size &&
        descriptor.compressedSize === central.compressedSize &&
        descriptor.crc32 === central.crc32)
    if (!same)
      hazards.add(
        'descriptor-differs',
        local.dataEnd,
        `the directory says ${central.compressedSize} bytes for ${central.size}, the descriptor ${descriptor.compressedSize} for ${descriptor.size}; checksums ${central.crc32} and ${descriptor.crc32}`,
        name,
      )
  }
  // Zeros stand for what follows the data.
  const known = (value: number): boolean => !isStreamed(local) || (value !== 0 && value !== 0xffffffff)
  for (const size of ['size', 'compressedSize'] as const)
    if (central[size] !== local[size] && known(local[size]))
      hazards.add('size-differs', local.offset, differ(size, central[size], local[size]), name)
  if (central.crc32 !== local.crc32 && known(local.crc32))
    hazards.add('crc-differs', offset, differ('the checksum', central.crc32, local.crc32), name)
}

/** What is unusual about an entry by itself. */
export function checkEntry(entry: SurveyedEntry, hazards: Hazards): void {
  const { name, central, local } = entry
  const header = central ?? local
  if (!header) return
  const add = (kind: Parameters<Hazards['add']>[0], detail: string): void =>
    hazards.add(kind, header.offset, detail, name)
  if ((((central?.flags ?? 0) | (local?.flags ?? 0)) & ENCRYPTED) !== 0)
    add('encrypted', `${shown(name)} says it is encrypted`)
  for (const method of new Set([central?.method, local?.method]))
    if (method !== undefined && !isRead(method))
      add('unread-method', `${shown(name)} has the method ${method}`)
  const { size, compressedSize } = header
  if (header.method === 0 && size !== compressedSize && !isStreamed(header))
    add('two-sizes', `${shown(name)} is stored, and has two sizes: ${compressedSize} and ${size}`)
  if (
    header.method === 8 &&
    (size > compressedSize * MAX_RATIO + 64 ||
      (size > LARGE_BYTES && size > compressedSize * MAX_LARGE_RATIO))
  )
    add('expansion', `${shown(name)} says it unpacks from ${compressedSize} to ${size} bytes`)
  if (central) checkAttributes(central, hazards)
  checkNested(entry, hazards)
}

/** The kind of file that Unix attributes state; other systems leave them zero. */
function checkAttributes(central: CentralHeader, hazards: Hazards): void {
  const kind = (central.externalAttributes >>> 28) & 15
  const { name, offset } = central
  if (kind === 0xa) hazards.add('symlink', offset, `${shown(name)} is a symbolic link`, name)
  else if (kind !== 0 && kind !== 8 && kind !== 4)
    hazards.add('special-file', offset, `${shown(name)} is a device, pipe or socket`, name)
}

function checkNested({ name, central, local }: SurveyedEntry, hazards: Hazards): void {
  if (!local) return
  const stored = local.method === 0 || central?.method === 0
  const magic = stored ? archiveIn(local.head) : undefined
  const byName = /\.(?:zip|pt|pth|npz|keras|tar|tgz|gz|bz2|xz|zst|lz4|7z|rar)$/i.exec(name)?.[0]
  const what = magic ?? (byName && `a ${byName} file, by its name`)
  if (what) hazards.add('nested-archive', local.offset, `${shown(name)} is ${what}`, name)
}

function archiveIn(head: Uint8Array): string | undefined {
  const start = Buffer.from(head.subarray(0, 8)).toString('latin1')
  if (start.startsWith('PK\x03\x04') || start.startsWith('PK\x05\x06')) return 'a zip archive'
  if (start.startsWith('7z\xbc\xaf\x27\x1c')) return 'a 7-Zip archive'
  if (start.startsWith('Rar!\x1a\x07')) return 'a RAR archive'
  if (Buffer.from(head.subarray(257, 262)).toString('latin1') === 'ustar') return 'a tar archive'
  const wrapper = detectWrapper(head)
  return wrapper && `compressed with ${wrapper}`
}
