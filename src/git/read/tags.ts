import { runGit } from '../process/run.ts'
import { checkRefName } from './names.ts'

/** More than any message that a person reads; the rest is cut. */
const MAX_MESSAGE = 64 * 1024

/** What an annotated tag says, without its signature; undefined where the ref is none or is not there. */
export async function tagMessage(directory: string, ref: string): Promise<string | undefined> {
  const format = '--format=%(refname)%00%(objecttype)%00%(contents:subject)%00%(contents:body)'
  const args = ['for-each-ref', '--count=1', format, checkRefName(ref)]
  const { stdout } = await runGit(args, { directory, maxBytes: 1 << 20 })
  const [name, type, subject = '', body = ''] = stdout.toString('utf8').split('\0')
  // A name is also the beginning of those below it.
  if (name !== ref || type !== 'tag') return undefined
  return [subject, body.trimEnd()].filter(Boolean).join('\n\n').slice(0, MAX_MESSAGE)
}
