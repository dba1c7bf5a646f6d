import type { CommitId } from '../../core/index.ts'
import { runGit } from '../process/run.ts'

/** 100,000 refs of 160 bytes each. */
const MAX_REF_BYTES = 16 << 20

/** The server's own refs below a prefix, by what comes after it: `heads/main` of `refs/ballast/fetched/`. */
export async function ownRefs(
  directory: string,
  prefix: `refs/ballast/${string}/`,
): Promise<ReadonlyMap<string, CommitId>> {
  const args = ['for-each-ref', '--format=%(objectname) %(refname)', prefix]
  const { stdout } = await runGit(args, { directory, maxBytes: MAX_REF_BYTES })
  const lines = stdout.toString('utf8').split('\n').filter(Boolean)
  return new Map(lines.map(line => [line.slice(41 + prefix.length), line.slice(0, 40) as CommitId]))
}

/** Every branch, tag and other public ref with the id it points to (of an annotated tag, the tag object's). */
export async function readRefs(directory: string): Promise<ReadonlyMap<string, CommitId>> {
  const args = ['for-each-ref', '--format=%(objectname) %(refname)']
  const { stdout } = await runGit(args, { directory, maxBytes: MAX_REF_BYTES })
  const refs = new Map<string, CommitId>()
  for (const line of stdout.toString('utf8').split('\n')) {
    const ref = line.slice(41)
    if (ref !== '' && !ref.startsWith('refs/ballast/')) refs.set(ref, line.slice(0, 40) as CommitId)
  }
  return refs
}
