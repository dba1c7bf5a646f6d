import { RE2JS } from 're2js'

/**
 * Paths that a pattern of GitLab's for the repository's files names, as local includes have it: `*` stands for any characters of one name, `**` for any at all,
 * so that `ci/**.yml` is everywhere below `ci` and the same with a slash after the stars needs a folder between.
 */
export function matchingPaths(pattern: string, paths: readonly string[]): readonly string[] {
  const parts = pattern.split(/(\*+)/).map(part => {
    if (part.startsWith('**')) return '.*'
    return part === '*' ? '[^/]*' : RE2JS.quote(part)
  })
  const compiled = RE2JS.compile(`(?s)^${parts.join('')}$`)
  // Most are told apart by how they begin and end, which costs nothing.
  const before = pattern.slice(0, pattern.indexOf('*'))
  const after = pattern.slice(pattern.lastIndexOf('*') + 1)
  return paths.filter(path => path.startsWith(before) && path.endsWith(after) && compiled.test(path))
}

/** Longer ones are no path. */
export const MAX_WILDCARD = 500
