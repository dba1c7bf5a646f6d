import type { ByteSource } from '../../core/index.ts'
import { sliceOf } from '../bytes/ranges.ts'
import { BLOCK_BYTES, parseHeader, type TarHeader } from './header.ts'
import { checkTarDuplicates, checkTarEntry, TarHazards } from './names.ts'
import { parsePax } from './pax.ts'
import type { TarEntry, TarEntryKind, TarSurvey } from './types.ts'

/** Beyond it, an attack on memory: a model in a tar has a few dozen files. */
export const MAX_TAR_ENTRIES = 100_000
/** Of attributes and long names: the longest path is 4,096 bytes, and comments are short. */
const MAX_ATTRIBUTES = 2 ** 20

const KINDS: ReadonlyMap<string, TarEntryKind> = new Map([
  ['0', 'file'],
  ['\0', 'file'],
  ['7', 'file'],
  ['1', 'link'],
  ['2', 'symlink'],
  ['3', 'device'],
  ['4', 'device'],
  ['5', 'folder'],
  ['6', 'pipe'],
  ['S', 'file'],
  ['D', 'folder'],
])

/** Entries that say something of the next one. */
const ATTRIBUTES: ReadonlySet<string> = new Set(['x', 'g', 'L', 'K'])

/** What entries before say of the next one. */
interface Pending {
  name?: Uint8Array
  target?: Uint8Array
  size?: number
}

/**
 * All that is in a tar archive (ustar, pax, GNU), and what is unusual about it. Throws nothing but what the source
 * throws.
 */
export async function surveyTar(source: ByteSource): Promise<TarSurvey> {
  const hazards = new TarHazards()
  const entries: TarEntry[] = []
  let pending: Pending = {}
  let at = 0
  let ended = false
  while (at + BLOCK_BYTES <= source.size) {
    const block = await source.read(at, BLOCK_BYTES)
    if (block.every(byte => byte === 0)) {
      ended = true
      break
    }
    const header = parseHeader(block)
    if (!header || entries.length === MAX_TAR_ENTRIES) {
      if (header) hazards.add('too-many', at, `there are more than ${MAX_TAR_ENTRIES} entries`)
      else hazards.add('header-broken', at, 'a header was expected; the checksum does not fit')
      break
    }
    const data = at + BLOCK_BYTES
    const size = dataOf(header, pending)
    if (data + size > source.size)
      hazards.add('truncated', at, `an entry says it has ${size} bytes, and ${source.size - data} are left`)
    if (ATTRIBUTES.has(header.type)) {
      await takeAttributes(source, header, data, pending, hazards)
    } else {
      entries.push(entryOf(source, at, header, pending, hazards))
      pending = {}
    }
    at = data + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES
  }
  if (ended) await checkRest(source, at, hazards)
  else if (at + BLOCK_BYTES > source.size) hazards.add('truncated', at, 'the archive has no end')
  for (const entry of entries) checkTarEntry(entry, hazards)
  checkTarDuplicates(entries, hazards)
  return { entries, hazards: hazards.found }
}

/** How much follows a header. Links and folders have nothing, whatever they say: Python and GNU tar read them so. */
function dataOf(header: TarHeader, pending: Pending): number {
  if (ATTRIBUTES.has(header.type)) return header.size
  const kind = KINDS.get(header.type) ?? 'other'
  return kind === 'file' || kind === 'other' ? (pending.size ?? header.size) : 0
}

/** Long names of GNU's, and attributes of pax, for the next entry; global ones are names for nothing here. */
async function takeAttributes(
  source: ByteSource,
  header: TarHeader,
  data: number,
  pending: Pending,
  hazards: TarHazards,
): Promise<void> {
  const length = Math.min(header.size, MAX_ATTRIBUTES, Math.max(0, source.size - data))
  if (header.size > MAX_ATTRIBUTES)
    hazards.add(
      'too-many',
      data,
      `attributes of ${header.size} bytes; the first ${MAX_ATTRIBUTES} are looked at`,
    )
  const bytes = await source.read(data, length)
  if (header.type === 'L' || header.type === 'K') {
    const end = bytes.indexOf(0)
    pending[header.type === 'L' ? 'name' : 'target'] = end < 0 ? bytes : bytes.subarray(0, end)
    return
  }
  const found = parsePax(bytes)
  if (!found) hazards.add('header-broken', data, 'the attributes are broken')
  const [path, target, size] = ['path', 'linkpath', 'size'].map(key => found?.get(key))
  if (path) pending.name = path
  if (target) pending.target = target
  const bytesOf = size && /^[0-9]{1,15}$/.test(textOf(size)) ? Number(textOf(size)) : undefined
  if (bytesOf !== undefined) pending.size = bytesOf
  for (const key of found?.keys() ?? [])
    if (key.startsWith('GNU.sparse.')) hazards.add('sparse', data, `the next entry is sparse: ${key}`)
}

function entryOf(
  source: ByteSource,
  offset: number,
  header: TarHeader,
  pending: Pending,
  hazards: TarHazards,
): TarEntry {
  const nameBytes = pending.name ?? header.name
  const name = textOf(nameBytes)
  if (!isUtf8(nameBytes)) hazards.add('not-utf8', offset, 'a name is not UTF-8', name)
  if (header.type === 'S') hazards.add('sparse', offset, 'the entry is sparse', name)
  if (pending.size !== undefined && pending.size !== header.size && header.size !== 0)
    hazards.add(
      'size-differs',
      offset,
      `the header says ${header.size} bytes, the attributes ${pending.size}`,
      name,
    )
  const kind = KINDS.get(header.type) ?? 'other'
  if (header.size > 0 && dataOf(header, pending) === 0)
    hazards.add('size-differs', offset, `a ${kind} says it has ${header.size} bytes`, name)
  const plain = kind === 'file' && name.endsWith('/') ? 'folder' : kind
  const start = offset + BLOCK_BYTES
  const size = Math.min(dataOf(header, pending), Math.max(0, source.size - start))
  const target = plain === 'link' || plain === 'symlink' ? textOf(pending.target ?? header.target) : undefined
  return {
    name,
    kind: plain,
    ...(target !== undefined && { target }),
    size,
    offset,
    open: () => sliceOf(source, start, size, `${name} in ${source.name}`),
  }
}

/** Behind the end are zeros, up to a whole record. */
async function checkRest(source: ByteSource, from: number, hazards: TarHazards): Promise<void> {
  for (let at = from; at < source.size; at += 2 ** 20) {
    const bytes = await source.read(at, Math.min(2 ** 20, source.size - at))
    const content = bytes.findIndex(byte => byte !== 0)
    if (content < 0) continue
    hazards.add(
      'data-after',
      at + content,
      `${source.size - at - content} bytes follow the end of the archive`,
    )
    return
  }
}

function textOf(bytes: Uint8Array): string {
  return isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : Buffer.from(bytes).toString('latin1')
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}
