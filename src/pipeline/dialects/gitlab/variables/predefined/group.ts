import { RE2JS } from 're2js'

/** Up to three times numbers or values, at the end: by RE2, as names with many brackets are slow to others. */
const NUMBERED = RE2JS.compile(String.raw`(?s)(?:[\s:]+(?:\[.*\]|\d+[\s:/\\]+\d+)){1,3}\s*$`)

/**
 * The name that a job shares with others like it.
 *
 *   rspec 2/5                      rspec
 *   rspec:test: [ruby, ubuntu]     rspec:test
 *   build                          build
 */
export function groupOf(name: string): string {
  return NUMBERED.matcher(name).replaceFirst('').trim()
}
