import { list, oneOrMore } from '../../reader/composites.ts'
import { byKind, type Reader, refine } from '../../reader/reader.ts'
import { choice, flag, text } from '../../reader/scalars.ts'
import { optional, type StructOf, struct } from '../../reader/struct.ts'

/** GitLab's own. */
const MAX_CACHES = 4
const MAX_KEY_FILES = 2
const MAX_FALLBACK_KEYS = 5
const MAX_PATHS = 500

const keyText = text({
  expected: "a key without '/' that is not only dots",
  pattern: /^(?!\.+$)(?!(?:%2e)+$)(?![\s\S]*(?:\/|%2f))[\s\S]+$/i,
  maxLength: 1024,
})
const path = text({ expected: 'a path or pattern' })
const keyFile = refine(path, (file, { at }, { findings }) => {
  const message = `CI/CD variables are not expanded here: '${file.slice(0, 100)}' is the name of a file`
  if (/\$\{?\w/.test(file)) findings.warn(at, 'DIFFERS', message, { hint: 'write the path itself' })
  return file
})
const files = list(keyFile, { min: 1, max: MAX_KEY_FILES })

const key = byKind({
  scalar: refine(keyText, value => ({ kind: 'text', text: value }) as const),
  map: refine(
    struct({
      what: 'key of a cache',
      fields: {
        files: optional(files, { note: 'a digest of their contents at the commit' }),
        files_commits: optional(files, {
          note: 'a digest of the contents too: a commit that leaves the files as they were keeps the cache',
        }),
        prefix: optional(keyText),
      },
      exclusive: [['files', 'files_commits']],
    }),
    (read, node, place) => {
      const named = read.files ?? read.files_commits
      const expected = "'files' or 'files_commits'"
      if (!named) return place.findings.error(node.at, 'MISSING_KEY', `Bad ${place.trail}`, { expected })
      return {
        kind: 'files',
        files: named,
        ...(read.prefix !== undefined && { prefix: read.prefix }),
      } as const
    },
  ),
})

const fields = {
  key: optional(key),
  paths: optional(list(path, { max: MAX_PATHS, nested: true })),
  untracked: optional(flag()),
  unprotect: optional(flag()),
  when: optional(choice(['on_success', 'on_failure', 'always'])),
  policy: optional(
    text({
      expected: 'pull-push, pull, push or a variable',
      pattern: /^(pull-push|pull|push|\$\{?\w{1,255}\}?)$/,
    }),
  ),
  fallback_keys: optional(list(text({ expected: 'a key', maxLength: 1024 }), { max: MAX_FALLBACK_KEYS })),
}

export type WrittenCache = StructOf<typeof fields>

/** None at all, one, or up to four. */
export const cache: Reader<readonly WrittenCache[]> = oneOrMore(struct({ what: 'cache', fields }), MAX_CACHES)
