import type { Location } from '../../../../../../core/index.ts'
import type { Located } from '../../../../../yaml/located.ts'
import { mismatch } from '../../../../../yaml/place.ts'
import { flatten, MAX_NESTING } from '../../reader/composites.ts'
import type { Place, Reader } from '../../reader/reader.ts'
import { required, struct } from '../../reader/struct.ts'

/** A job with more is made by a generator that has lost its way; its commands belong into a file. */
const MAX_COMMANDS = 5000
/** All commands of one key together travel with the plan and stand in the log. */
const MAX_SCRIPT = 1_048_576

export interface Script {
  readonly at: Location
  readonly commands: readonly string[]
}

const EXPECTED = `a command, or a list of commands (lists in it at most ${MAX_NESTING} deep)`

/** Commands in order; lists in lists, from `!reference` and anchors, are dissolved. */
export function script({ empty }: { empty: boolean }): Reader<Script> {
  return {
    expected: EXPECTED,
    keywords: [],
    read(node, place) {
      const nodes = node.kind === 'list' ? flatten(node, MAX_COMMANDS, place) : [node]
      if (!nodes) return undefined
      const commands = nodes.map(item => commandOf(item, place))
      if (!commands.every(command => command !== undefined)) return undefined
      const wanted = commands.some(command => command.trim() !== '')
      if (!wanted && !empty) return mismatch(node, place, 'at least one command')
      const length = commands.reduce((sum, command) => sum + command.length, 0)
      if (length > MAX_SCRIPT) return mismatch(node, place, `at most ${MAX_SCRIPT} characters of commands`)
      return { at: node.at, commands }
    },
  }
}

function commandOf(node: Located, place: Place): string | undefined {
  if (node.kind === 'map') {
    return mismatch(node, place, 'a command', "put it in quotes: ': ' makes a map of it")
  }
  const text = node.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined
  if (text !== undefined) {
    return text.includes('\0') ? mismatch(node, place, 'a command without the character 0') : text
  }
  const hint = node.kind === 'scalar' && node.value !== null ? 'put it in quotes' : undefined
  return mismatch(node, place, EXPECTED, hint)
}

export const hooks = struct({
  what: 'hooks',
  fields: { pre_get_sources_script: required(script({ empty: true })) },
})
