import type { Bytes, Digest } from '../../../core/index.ts'
import { adopt } from '../adopt.ts'
import type { CheckReport, Finding, Root } from '../types.ts'
import { checkFiles } from './files.ts'
import { checkPacks } from './packs.ts'
import { repair } from './repair.ts'
import type { CheckOptions, CheckPorts, Damage, Tally } from './types.ts'

/** What a report holds; all of them are told as they are found. */
const MAX_FINDINGS = 10_000
const MAX_NEEDED_BY = 20
const PAGE = 500

/**
 * Compares everything that is stored with its digests, and the index with the disk. With `repair` it mends what it
 * can, and sets aside what it can't; nothing is deleted but rows of what is gone. Never beside a packing or a
 * collection: its callers see to that. Puts and reads go on.
 */
export async function check(ports: CheckPorts, options: CheckOptions): Promise<CheckReport> {
  const findings: Finding[] = []
  const found = (finding: Finding) => {
    if (findings.length < MAX_FINDINGS) findings.push(finding)
    options.onFinding?.(finding)
  }
  const tally = tallyOf(found, await totalOf(ports), options)
  if (options.repair) await adopt(ports, false)
  else await findUnknown(ports, tally)
  const badFiles = await checkFiles(ports, tally, options.repair)
  const damage = await checkPacks(ports, tally)
  const damaged = options.repair ? await repair(ports, tally, damage) : await needing(ports, damage, badFiles)
  const told = await namesOf(options.roots, new Set([...damaged, ...(await alreadyDamaged(ports))]))
  for (const [object, neededBy] of told) {
    const message = `The bytes of ${object} are lost`
    found({ kind: 'object-damaged', object, message, neededBy })
  }
  const { objects, packs, chunks, bytes } = tally
  return { objects, packs, chunks, bytes, findings, damaged: told.size }
}

function tallyOf(found: Tally['found'], total: Bytes, { onProgress, signal }: CheckOptions): Tally {
  const tally: Tally = {
    objects: 0,
    packs: 0,
    chunks: 0,
    bytes: 0,
    found,
    read(bytes) {
      signal.throwIfAborted()
      tally.bytes += bytes
      onProgress?.(tally.bytes, Math.max(total, tally.bytes))
    },
  }
  return tally
}

async function totalOf({ index }: CheckPorts): Promise<Bytes> {
  const { states, packs } = await index.totals()
  return packs.bytes + states.reduce((sum, { whole, bytes }) => sum + (whole ? bytes : 0), 0)
}

async function findUnknown({ index, whole, packs }: CheckPorts, tally: Tally): Promise<void> {
  for await (const { digest } of whole.list()) {
    if (await index.object(digest)) continue
    tally.found({
      kind: 'whole-unknown',
      object: digest,
      message: `The index does not know the file of ${digest}`,
    })
  }
  const known = new Set<string>()
  for (const { id } of await index.packShares(0)) known.add(id)
  for await (const { id } of packs.list()) {
    if (known.has(id)) continue
    tally.found({ kind: 'pack-unknown', pack: id, message: `The index does not know the pack ${id}` })
  }
}

/** Without repairing: objects that need what is bad, or are nowhere else, and have no sound whole file. */
async function needing(
  { index, recipe }: CheckPorts,
  { packs, chunks }: Damage,
  badFiles: ReadonlySet<Digest>,
): Promise<readonly Digest[]> {
  const withoutRecipe = new Set(packs.filter(({ what }) => what !== 'chunks').map(({ id }) => id))
  const all: Digest[] = []
  for (let after: Digest | undefined; ; ) {
    const page = await index.objects({ limit: PAGE, ...(after !== undefined && { after }) })
    for (const object of page) {
      if (object.whole && !badFiles.has(object.digest)) continue
      if (object.pack === undefined) {
        if (object.whole) all.push(object.digest)
        continue
      }
      const known = withoutRecipe.has(object.pack) ? undefined : await recipe(object).catch(() => undefined)
      if (known === undefined || known.pieces.some(({ chunk }) => chunks.has(chunk))) all.push(object.digest)
    }
    if (page.length < PAGE) return all
    after = page.at(-1)!.digest
  }
}

async function alreadyDamaged({ index }: CheckPorts): Promise<readonly Digest[]> {
  const { failures } = await index.totals()
  return failures.filter(({ state }) => state === 'damaged').map(({ digest }) => digest)
}

async function namesOf(
  roots: AsyncIterable<Root>,
  damaged: ReadonlySet<Digest>,
): Promise<ReadonlyMap<Digest, readonly string[]>> {
  const names = new Map<Digest, string[]>([...damaged].map(digest => [digest, []]))
  if (names.size === 0) return names
  for await (const { digest, why } of roots) {
    const mine = names.get(digest)
    if (mine && mine.length < MAX_NEEDED_BY && !mine.includes(why)) mine.push(why)
  }
  return names
}
