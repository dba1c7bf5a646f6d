import type { CommitId } from '../../core/index.ts'
import { GitError } from '../errors.ts'

/** What a ref has where it does not exist: before it is made, after it is deleted. */
export const NO_COMMIT: CommitId = '0'.repeat(40) as CommitId

const COMMIT_ID = /^[0-9a-f]{40}$/
/** Longer names break file systems and screens alike. */
const MAX_REF_LENGTH = 255

export function isCommitId(text: string): text is CommitId {
  return COMMIT_ID.test(text)
}

/** Throws COMMIT_ID_INVALID: an argument of git is a full id, so it can be neither an option nor an expression. */
export function checkCommitId(text: string): CommitId {
  if (isCommitId(text)) return text
  throw new GitError('COMMIT_ID_INVALID', {
    message: `Expected a commit id of 40 hexadecimal digits, found '${text.slice(0, 80)}'`,
    hint: 'Give the full id, such as `git rev-parse HEAD` prints.',
  })
}

/**
 * A ref or short name as `git check-ref-format` allows it: no `..`, `@{`, `^ ~ : ? * [ \`, controls or spaces, no
 * part that begins with a dot or ends with `.lock`, no leading `-`.
 */
export function isRefName(name: string): boolean {
  if (name.length === 0 || name.length > MAX_REF_LENGTH || name === '@') return false
  if (/[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|^[-/]|[./]$/.test(name)) return false
  return name.split('/').every(part => !part.startsWith('.') && !part.endsWith('.lock'))
}

export function checkRefName(name: string): string {
  if (isRefName(name)) return name
  throw new GitError('REF_NAME_INVALID', {
    message: `'${name.slice(0, 80)}' is no name of a branch, tag or ref`,
    hint: 'Use letters, digits, `-`, `_`, `.` and `/`, as `git check-ref-format` allows.',
  })
}

/** A path inside a commit: relative, forward slashes, no `.` or `..` parts. */
export function checkTreePath(path: string): string {
  const parts = path.split('/')
  const sane =
    path.length <= 4096 &&
    !path.includes('\0') &&
    parts.every(part => part !== '' && part !== '.' && part !== '..')
  if (sane) return path
  throw new GitError('GIT_PATH_INVALID', {
    message: `'${path.slice(0, 80)}' is no path inside a commit`,
    hint: 'Use a path relative to the root of the repository, such as data/test.npz.',
  })
}
