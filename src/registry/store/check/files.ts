import { type Digest, messageOf } from '../../../core/index.ts'
import { RegistryError } from '../../errors.ts'
import type { StoredObject } from '../types.ts'
import type { CheckPorts, Tally } from './types.ts'

const PAGE = 500

/** Every whole file against its digest, and the index against the files. Gives whose are not as they should be. */
export async function checkFiles(
  ports: CheckPorts,
  tally: Tally,
  repair: boolean,
): Promise<ReadonlySet<Digest>> {
  const bad = new Set<Digest>()
  for (let after: Digest | undefined; ; ) {
    const page = await ports.index.objects({ limit: PAGE, ...(after !== undefined && { after }) })
    for (const object of page) {
      tally.objects++
      if (object.whole && !(await checkFile(ports, tally, object, repair))) bad.add(object.digest)
    }
    if (page.length < PAGE) return bad
    after = page.at(-1)!.digest
  }
}

/** Whether it is sound. */
async function checkFile(
  { index, whole, locks }: CheckPorts,
  tally: Tally,
  object: StoredObject,
  repair: boolean,
): Promise<boolean> {
  const { digest, size } = object
  const problem = await problemOf(whole.verify(digest))
  tally.read(size)
  if (problem === undefined) return true
  const corrupt = problem.code === 'BLOB_DIGEST_MISMATCH'
  const finding = {
    kind: corrupt ? 'whole-corrupt' : 'whole-missing',
    object: digest,
    message: corrupt ? messageOf(problem) : `The whole file of ${digest} is gone`,
  } as const
  if (!repair) {
    tally.found(finding)
    return false
  }
  await locks.run(digest, async () => {
    // Evicted, collected or put again since: then nothing is the matter.
    const now = await index.object(digest)
    if (!now?.whole || (await problemOf(whole.verify(digest))) === undefined) return
    const moved = corrupt ? `; moved to ${await whole.quarantine(digest)}` : ''
    const packed = now.state === 'packed'
    if (packed) await index.setWhole(digest, false)
    else await index.damaged(digest, `${finding.message}${moved}`.slice(0, 500))
    const done = packed ? 'repaired' : corrupt ? 'quarantined' : 'recorded'
    tally.found({ ...finding, message: finding.message + moved, done })
  })
  return false
}

async function problemOf(verifying: Promise<void>): Promise<RegistryError | undefined> {
  try {
    await verifying
  } catch (failure) {
    if (failure instanceof RegistryError) return failure
    throw failure
  }
  return undefined
}
