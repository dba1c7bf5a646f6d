import { type Mechanism, partsOf } from './references.ts'

/** Of one text. All variables of a job have to fit into its environment, which takes about two. */
const MAX_EXPANDED = 1_048_576

/**
 * Replaces the variables of a text, once: what they are replaced by is not looked at again. A text that would grow
 * beyond 1 MiB keeps its further references as they are.
 *
 *   expandVariables('$A-${B}', get, 'names')   'a-', where B is not defined
 *   expandVariables('$A-${B}', get, 'paths')   'a-${B}'
 *   expandVariables('$$A', get, 'runner')      '$A'
 */
export function expandVariables(
  text: string,
  get: (name: string) => string | undefined,
  mechanism: Mechanism,
): string {
  if (!text.includes('$') && !text.includes('%')) return text
  let expanded = ''
  for (const part of partsOf(text, mechanism)) {
    if (part.kind === 'text') expanded += part.text
    else if (part.kind === 'dollars') expanded += mechanism === 'runner' ? '$' : part.text
    else {
      const value = get(part.name) ?? (mechanism === 'paths' ? part.text : '')
      expanded += expanded.length + value.length > MAX_EXPANDED ? part.text : value
    }
  }
  return expanded
}
