import type { ByteSource } from '../../core/index.ts'
import { runPickle } from '../pickle/index.ts'
import { openZip, type ZipArchive } from '../zip/archive.ts'
import type { ZipEntry } from '../zip/records.ts'
import { type Contents, contentsOf } from './contents.ts'
import type { Backing } from './elements.ts'
import { fail, MAX_RECORD_BYTES } from './limits.ts'

/** A zip archive as torch writes it: all entries below one folder of any name (exported programs of old ones: none). */
export interface TorchArchive {
  readonly name: string
  readonly zip: ZipArchive
  /** Paths below the top folder. */
  readonly entries: ReadonlyMap<string, ZipEntry>
  /** `byteorder`; little where there is none. */
  readonly bigEndian: boolean
  /** `version`, of the archive's format. */
  readonly version?: string
  open(path: string): Promise<ByteSource>
  /** A small record as text; undefined where there is none. Throws FORMAT_LIMIT above `most` bytes. */
  text(path: string, most?: number): Promise<string | undefined>
}

/** Opens the archive; its top folder is that of the entry `marker`. Throws ZIP_…, or FORMAT_MALFORMED. */
export async function openArchive(source: ByteSource, markers: readonly string[]): Promise<TorchArchive> {
  const zip = await openZip(source)
  const top = topOf(zip.entries, markers)
  if (top === undefined)
    throw fail.malformed({ name: source.name }, `the archive has no ${markers.join(', no ')}`)
  const entries = new Map<string, ZipEntry>()
  for (const entry of zip.entries)
    if (!entry.directory && entry.name.startsWith(top)) entries.set(entry.name.slice(top.length), entry)
  const open = (path: string): Promise<ByteSource> => zip.open(top + path)
  const text = async (path: string, most = MAX_RECORD_BYTES): Promise<string | undefined> => {
    const entry = entries.get(path)
    if (!entry) return undefined
    const name = `${source.name}!${entry.name}`
    if (entry.size > most) throw fail.limit({ name }, `${entry.size} bytes; the limit is ${most}`)
    const content = await open(path)
    try {
      return new TextDecoder().decode(await content.read(0, content.size))
    } finally {
      await content.close()
    }
  }
  const order = (await text('byteorder'))?.trim()
  if (order !== undefined && order !== 'little' && order !== 'big')
    throw fail.malformed(
      { name: source.name },
      `the byte order is '${order.slice(0, 40)}', neither little nor big`,
    )
  const version = (await text('version'))?.trim().slice(0, 100)
  return {
    name: source.name,
    zip,
    entries,
    bigEndian: order === 'big',
    ...(version && { version }),
    open,
    text,
  }
}

function topOf(entries: readonly ZipEntry[], markers: readonly string[]): string | undefined {
  for (const marker of markers) {
    const found = entries
      .filter(({ name }) => name === marker || name.endsWith(`/${marker}`))
      .map(({ name }) => name.slice(0, name.length - marker.length))
      .toSorted((a, b) => a.length - b.length)
    // One folder deep at most: further down it is another archive's, unpacked.
    if (found[0] !== undefined && found[0].split('/').length <= 2) return found[0]
  }
  return undefined
}

/** Storages as entries `data/<key>` (of constants: `constants/<key>`). */
export function backingOf(archive: TorchArchive, folder: string): Backing {
  return {
    bigEndian: archive.bigEndian,
    sizeOf: ({ key }) => archive.entries.get(`${folder}/${key}`)?.size,
    isPlain: ({ key }) => archive.entries.get(`${folder}/${key}`)?.method === 'stored',
    open: ({ key }) => archive.open(`${folder}/${key}`),
  }
}

/** Runs a pickle of an archive. What it describes can be read until `close`, which gives its bytes back. */
export async function openPickleEntry(
  archive: TorchArchive,
  path: string,
  folder: string,
): Promise<Contents & { close(): Promise<void> }> {
  const source = await archive.open(path)
  try {
    const contents = await contentsOf(await runPickle(source), source, backingOf(archive, folder))
    return { ...contents, close: () => source.close() }
  } catch (cause) {
    await source.close()
    throw cause
  }
}
