import { MAX_WILDCARD, matchingPaths } from './wildcards.ts'

/**
 * The files that the key of a cache goes by: of `paths`, all of the commit, those that `files` name, by their path
 * or by a pattern with stars. What names no file has no part in the key. Variables are not expanded, as in GitLab.
 */
export function keyFilesIn(files: readonly string[], paths: readonly string[]): readonly string[] {
  const names = files.map(file => file.replace(/^(\.?\/)+/, ''))
  const wanted = new Set(names)
  const patterns = names.filter(name => name.includes('*') && name.length <= MAX_WILDCARD)
  const matched = new Set(patterns.flatMap(pattern => matchingPaths(pattern, paths)))
  return paths.filter(path => wanted.has(path) || matched.has(path))
}
