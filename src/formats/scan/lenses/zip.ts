import { BallastError, messageOf } from '../../../core/index.ts'
import { surveyZip } from '../../zip/survey/survey.ts'
import type { EntryView, SurveyedEntry, ZipSurvey } from '../../zip/survey/types.ts'
import { checksumOf } from '../archive/checksum.ts'
import { meaningOf } from '../archive/hazards.ts'
import { archiveKind, isStorage, isTorchScript } from '../archive/kind.ts'
import { type Content, hasMagic } from '../engine/content.ts'
import type { Lens } from '../engine/lens.ts'
import { BOMB_BYTES, MAX_OVERLAPPED } from '../engine/limits.ts'
import type { ScanContext, ScanSink } from '../types.ts'

/** The end record and the longest comment behind it. */
const TAIL_BYTES = 22 + 0xffff
/** Larger entries are raw weights, whose checksum would take as long as reading the file. */
const MAX_CHECKSUM_BYTES: number = 256 * 1024 * 1024
const END = Buffer.from('PK\x05\x06', 'latin1')

/**
 * Zip archives, wherever in the file they begin: loaders look for the directory from the end. Every entry that any
 * loader may find is scanned in every way that one may read it.
 */
export const zipLens: Lens = {
  name: 'zip',
  async scan(content, sink) {
    const begins = /^PK(?:\x03\x04|\x05\x06|\x07\x08PK)/.test(content.latin)
    if (!begins && !(await hasEnd(content))) return undefined
    const survey = await surveyZip(content.source)
    if (survey.entries.length === 0 && !begins) return undefined
    // TensorFlow Lite's metadata is an archive behind the model.
    tellHazards(survey, hasMagic(content, 'TFL3', 4), sink)
    const names = survey.entries.map(({ name }) => name)
    const torchscript = isTorchScript(names)
    const entries = survey.hazards.some(({ kind }) => kind === 'overlap')
      ? apart(survey.entries)
      : survey.entries
    if (entries.length < survey.entries.length) {
      const what = `${survey.entries.length - entries.length} entries share their bytes with others, and were not unpacked`
      sink.add({ rule: 'content/limit', level: 'unknown', what })
    }
    for (const entry of entries) {
      const known = await scanEntry(entry, torchscript, sink)
      if (!known && !sink.context.speculative) {
        const what = `the entry '${entry.name.slice(0, 200)}' is of no known format`
        sink.add({ rule: 'content/unrecognised', level: 'unknown', what })
      }
    }
    return archiveKind(names.filter(name => !name.endsWith('/')))
  },
}

async function hasEnd({ source }: Content): Promise<boolean> {
  const length = Math.min(source.size, TAIL_BYTES)
  if (length < 22) return false
  const tail = await source.read(source.size - length, length)
  return Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength).includes(END)
}

function tellHazards(survey: ZipSurvey, behindModel: boolean, sink: ScanSink): void {
  for (const hazard of survey.hazards) {
    const meaning = meaningOf(hazard)
    if (!meaning || (sink.context.speculative && meaning.level !== 'unsafe')) continue
    const nested =
      (hazard.kind === 'several-ends' && isWithinEntry(survey, hazard.offset)) ||
      (hazard.kind === 'data-before' && behindModel)
    sink.add({
      ...meaning,
      level: nested ? 'note' : meaning.level,
      what: hazard.detail,
      at: { offset: hazard.offset },
    })
  }
}

/** Of entries that overlap: each place once, up to a limit of what they unpack to. */
function apart(entries: readonly SurveyedEntry[]): readonly SurveyedEntry[] {
  const places = new Set<string>()
  let size = 0
  return entries.filter(({ local, central }) => {
    const place = `${local?.dataOffset} ${central?.compressedSize ?? local?.compressedSize} ${central?.method ?? local?.method}`
    if (places.has(place)) return false
    places.add(place)
    size += Math.max(central?.size ?? 0, local?.size ?? 0)
    return size <= MAX_OVERLAPPED
  })
}

/** A second end record in the data of a stored entry is that of an archive in the archive. */
function isWithinEntry({ entries }: ZipSurvey, offset: number): boolean {
  return entries.some(({ local, central }) => {
    if (!local || !central) return false
    return offset >= local.dataOffset && offset < local.dataOffset + central.compressedSize
  })
}

/** Whether any view of an entry is something known, or needs no format: raw weights, nothing. */
async function scanEntry(entry: SurveyedEntry, torchscript: boolean, sink: ScanSink): Promise<boolean> {
  let known = entry.views.length === 0
  for (const view of entry.views) {
    const name = entry.views.length > 1 ? `${view.name} (by its ${view.by.join(' and ')})` : view.name
    try {
      if (await scanView(entry, view, name, { ...(torchscript && { torchscript }) }, sink)) known = true
    } catch (error) {
      if (!(error instanceof BallastError)) throw error
      const limit = /LIMIT$/.test(error.code)
      known = true
      if (sink.context.speculative && !limit) continue
      const rule = limit
        ? 'archive/bomb'
        : error.code === 'ZIP_UNSUPPORTED'
          ? 'archive/method'
          : 'archive/malformed'
      sink.add({ rule, level: limit ? 'unsafe' : 'unknown', what: messageOf(error).slice(0, 400) })
      if (limit) sink.spend(BOMB_BYTES)
    }
  }
  return known
}

async function scanView(
  entry: SurveyedEntry,
  view: EntryView,
  name: string,
  context: ScanContext,
  sink: ScanSink,
): Promise<boolean> {
  const source = await view.open()
  try {
    if (view.method !== 0) sink.spend(source.size)
    await checkSum(entry, view, source, sink)
    if (source.size === 0) return true
    // Raw weights are whatever they are: only what is certainly dangerous counts in them.
    const raw = isStorage(view.name)
    const formats = await sink.descend(source, name, raw ? { ...context, speculative: true } : context)
    return raw || formats.length > 0
  } finally {
    await source.close()
  }
}

/** Zero is what torch writes where it is told to compute none. */
async function checkSum(
  { central, local }: SurveyedEntry,
  view: EntryView,
  source: Awaited<ReturnType<EntryView['open']>>,
  sink: ScanSink,
): Promise<void> {
  const stated =
    (view.by.includes('directory') ? central : undefined)?.crc32 ?? local?.descriptor?.crc32 ?? local?.crc32
  if (stated === undefined || stated === 0 || source.size > MAX_CHECKSUM_BYTES) return
  if ((await checksumOf(source)) === stated) return
  const what = `the content of '${view.name.slice(0, 200)}' does not match its checksum`
  sink.add({ rule: 'archive/checksum', level: 'unknown', what })
}
