import { posix } from 'node:path'
import { MAX_GLOB_LENGTH } from '../../core/index.ts'
import { mismatch } from '../../pipeline/index.ts'
import { type JsonSchema, type Reader, refine } from './reader.ts'
import { text } from './scalars.ts'

export const MAX_PATH_LENGTH = 300

/** Relative, with no step out, no back-slash and no control character. */
const INSIDE = String.raw`^(?!/)(?!([^/]*/)*\.\.(/|$))[^\\\u0000-\u001f]+$`
/** Without what is special in other tools' globs, and would be taken literally here. */
const PATTERN = String.raw`^!?(?!/|!)(?!([^/]*/)*\.\.(/|$))[^\\\u0000-\u001f\[\]{}()]+$`

/** A path in the repository, in its plainest form: `./data//x` becomes `data/x`. */
export function path(): Reader<string> {
  const expected = 'a path inside the repository, relative to its root'
  return refine(
    text({ expected, pattern: new RegExp(INSIDE), maxLength: MAX_PATH_LENGTH }),
    (written, node, place) => plain(written) ?? mismatch(node, place, expected),
  )
}

/** A glob of paths in the repository. */
export function glob(): Reader<string> {
  const expected = 'a relative path or pattern (*, ** and ? are special, and a ! before it takes out)'
  return refine(
    text({ expected, pattern: new RegExp(PATTERN), maxLength: MAX_GLOB_LENGTH }),
    (written, node, place) => {
      const [mark, path] = written.startsWith('!') ? ['!', plain(written.slice(1))] : ['', plain(written)]
      return path === undefined ? mismatch(node, place, expected) : `${mark}${path}`
    },
  )
}

function plain(written: string): string | undefined {
  const normal = posix.normalize(written).replace(/\/$/, '')
  return normal === '.' || normal === '' ? undefined : normal
}

/** The same reader of text with a narrower schema, for a check that `refine` makes. */
export function narrowed<T>(reader: Reader<T>, schema: JsonSchema): Reader<T> {
  return {
    ...reader,
    schema: { type: 'string', allOf: [reader.schema, { type: 'string', ...schema }] },
    read: (node, place) => reader.read(node, place),
  }
}
