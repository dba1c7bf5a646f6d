import type { ByteSource } from '../../../core/index.ts'
import { MAX_ENTRIES } from '../directory.ts'
import { readCentral } from './central.ts'
import { checkEntry, compareHeaders } from './compare.ts'
import { type EndRecord, findEnd } from './ends.ts'
import { Hazards, shown } from './hazards.ts'
import { readLocal } from './local.ts'
import { checkDuplicates, checkHeaderName } from './names.ts'
import type { CentralHeader, LocalHeader, SurveyedEntry, ZipSurvey } from './types.ts'
import { viewsOf } from './views.ts'
import { type Gap, walkLocals } from './walk.ts'

/**
 * All that any loader may find in an archive: what its directory lists and what a walk from the start of the file
 * meets, with every disagreement between them. Throws nothing but what the source throws: an archive that is broken
 * in every way is a survey with hazards.
 */
export async function surveyZip(source: ByteSource): Promise<ZipSurvey> {
  const hazards = new Hazards()
  const end = await findEnd(source, hazards)
  const centrals = end ? await readCentral(source, end, hazards) : []
  const directory = Math.min(...bounds(centrals), end ? startOf(end) : source.size)
  const packed = new Map(centrals.map(central => [central.localOffset, central.compressedSize]))
  const { locals, gaps } = await walkLocals(source, directory, packed, MAX_ENTRIES)
  if (locals.length === MAX_ENTRIES)
    hazards.add('too-many', 0, `there are more than ${MAX_ENTRIES} local headers; the rest is not looked at`)
  tellGaps(gaps, hazards)
  if (end) tellOtherEnds(end, locals, hazards)
  const entries = await join(source, centrals, locals, hazards)
  for (const entry of entries) checkEntry(entry, hazards)
  checkDuplicates(entries, hazards)
  checkOverlaps(entries, directory, hazards)
  return { entries, hazards: hazards.found }
}

/** Where the first record of the directory stands. */
function bounds(centrals: readonly CentralHeader[]): number[] {
  // Records of each directory are in order: its first one is the lowest.
  return centrals
    .filter((central, i) => i === 0 || central.offset < centrals[i - 1]!.offset)
    .map(({ offset }) => offset)
}

/** Where a directory without records would be. */
function startOf(end: EndRecord): number {
  return end.entries === 0 && end.adjacent >= 0 && end.adjacent <= end.offset ? end.adjacent : end.offset
}

/** Not those within an entry's data: an archive that is stored in an archive has its own. */
function tellOtherEnds(end: EndRecord, locals: readonly LocalHeader[], hazards: Hazards): void {
  for (const other of end.others) {
    if (locals.some(({ dataOffset, dataEnd }) => other >= dataOffset && other < dataEnd)) continue
    hazards.add('several-ends', other, `an end record stands at ${other}, and another at ${end.offset}`)
  }
}

function tellGaps(gaps: readonly Gap[], hazards: Hazards): void {
  for (const { from, to, content, unsearched } of gaps) {
    if (unsearched)
      hazards.add('too-many', from, `${to - from} bytes belong to no entry; not all are looked at`)
    if (content)
      hazards.add(from === 0 ? 'data-before' : 'data-between', from, `${to - from} bytes belong to no entry`)
  }
}

/** Pairs records of the directory with the headers they lead to; what is left over stands alone. */
async function join(
  source: ByteSource,
  centrals: readonly CentralHeader[],
  locals: readonly LocalHeader[],
  hazards: Hazards,
): Promise<readonly SurveyedEntry[]> {
  const walked = new Map(locals.map(local => [local.offset, local]))
  const met = new Set<number>()
  const entries: SurveyedEntry[] = []
  for (const central of centrals) {
    const local = walked.get(central.localOffset) ?? (await besideTheWalk(source, central))
    checkHeaderName(central, hazards)
    if (local) {
      met.add(local.offset)
      compareHeaders(central, local, hazards)
      if (local.name !== central.name) checkHeaderName(local, hazards)
    } else
      hazards.add(
        'no-local-header',
        central.offset,
        `${shown(central.name)} has no local header at ${central.localOffset}`,
        central.name,
      )
    entries.push(entryOf(source, central, local))
  }
  for (const local of locals) {
    if (met.has(local.offset)) continue
    hazards.add('only-local', local.offset, `the directory does not list ${shown(local.name)}`, local.name)
    checkHeaderName(local, hazards)
    entries.push(entryOf(source, undefined, local))
  }
  return entries
}

/** A header that the directory leads to and the walk went past: it lies within another entry. */
async function besideTheWalk(source: ByteSource, central: CentralHeader): Promise<LocalHeader | undefined> {
  const bare = await readLocal(source, central.localOffset)
  if (!bare) return undefined
  const stated = bare.compressedSize > 0 ? bare.compressedSize : central.compressedSize
  return { ...bare, dataEnd: Math.min(source.size, bare.dataOffset + stated) }
}

function entryOf(
  source: ByteSource,
  central: CentralHeader | undefined,
  local: LocalHeader | undefined,
): SurveyedEntry {
  const name = central?.name ?? local?.name ?? ''
  return {
    name,
    offset: local?.offset ?? central?.offset ?? 0,
    ...(central && { central }),
    ...(local && { local }),
    directory: name.endsWith('/') && (central?.size ?? local?.size) === 0,
    views: viewsOf(source, local, central),
  }
}

/** Entries that share bytes, by the sizes that the directory states. */
function checkOverlaps(entries: readonly SurveyedEntry[], directory: number, hazards: Hazards): void {
  const spans = entries
    .flatMap(({ name, local, central }) =>
      local
        ? [
            {
              name,
              from: local.offset,
              to: local.dataOffset + (central?.compressedSize ?? local.compressedSize),
            },
          ]
        : [],
    )
    .toSorted((a, b) => a.from - b.from)
  spans.forEach(({ name, from, to }, index) => {
    const next = spans[index + 1]
    if (to > (next?.from ?? directory))
      hazards.add(
        'overlap',
        from,
        `${shown(name)} goes on into ${next ? shown(next.name) : 'the directory'}`,
        name,
      )
  })
}
