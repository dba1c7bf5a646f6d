import type { CommitId } from '../../core/index.ts'
import { runGit } from '../process/run.ts'
import { checkCommitId, checkRefName } from '../read/names.ts'

export interface NewTag {
  readonly commit: CommitId
  /** Without `refs/tags/`. */
  readonly name: string
  readonly message: string
  readonly tagger: { readonly name: string; readonly email: string }
  /** In milliseconds. */
  readonly at: number
}

/** Writes the object of an annotated tag, which no ref holds yet. Throws REF_NAME_INVALID. */
export async function writeTag(directory: string, tag: NewTag): Promise<CommitId> {
  const { commit, name, message, tagger, at } = tag
  const lines = [
    `object ${checkCommitId(commit)}`,
    'type commit',
    `tag ${checkRefName(name)}`,
    `tagger ${plain(tagger.name)} <${plain(tagger.email)}> ${Math.floor(at / 1000)} +0000`,
    '',
    `${message.replaceAll('\0', '').trimEnd()}\n`,
  ]
  const { stdout } = await runGit(['mktag'], { directory, maxBytes: 1024, input: lines.join('\n') })
  return checkCommitId(stdout.toString('latin1').trim())
}

/** What would end a name or a line of the header. */
function plain(text: string): string {
  return text.replace(/[\x00-\x1f\x7f<>]/g, '').trim() || 'unknown'
}
