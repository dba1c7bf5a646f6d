import { mismatch } from '../../../../../yaml/place.ts'
import { list, mapOf } from '../../reader/composites.ts'
import { type Reader, refine } from '../../reader/reader.ts'
import { plainText, text } from '../../reader/scalars.ts'
import { optional, required, struct } from '../../reader/struct.ts'
import { type Script, script } from './script.ts'

const MAX_STEPS = 200
const MAX_VARIABLES = 100
const MAX_VALUE = 65_536

const STEPS =
  "steps from files and of other repositories need GitLab's step runner; write what it does as a script"
/** Of the step runner, which puts values there before a shell sees the text. */
const EXPRESSION = '${{'
const NO_EXPRESSION = `text without ${EXPRESSION} }}, into which only GitLab's step runner puts values`

const variables = mapOf({
  key: { pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, expected: 'the name of a variable (letters, digits and _)' },
  value: refine(plainText(MAX_VALUE), (value, node, place) =>
    value.includes(EXPRESSION) ? mismatch(node, place, NO_EXPRESSION) : value,
  ),
  max: MAX_VARIABLES,
  shown: '<NAME>',
})

const step = struct({
  what: 'a step',
  fields: {
    name: required(text({ expected: 'the name of the step', pattern: /^[A-Za-z_][A-Za-z0-9_-]*$/ })),
    script: required(
      refine(script({ empty: false }), (read, node, place) =>
        read.commands.some(command => command.includes(EXPRESSION))
          ? mismatch(node, place, NO_EXPRESSION)
          : read,
      ),
    ),
    env: optional(variables, { note: 'of this step alone, which has a shell within the shell then' }),
  },
  unavailable: { step: STEPS, func: STEPS, action: STEPS, exec: STEPS, inputs: STEPS },
})

/** Scripts with names, in one shell, one after the other. */
export const run: Reader<Script> = refine(list(step, { min: 1, max: MAX_STEPS }), (steps, node) => ({
  at: node.at,
  commands: steps.flatMap(({ script: { commands }, env = [] }) =>
    env.length === 0 ? commands : [inItsEnvironment(env, commands)],
  ),
}))

/** One command, after which the variables are as they were. */
function inItsEnvironment(
  env: readonly { readonly name: string; readonly value: string }[],
  commands: readonly string[],
): string {
  const exports = env.map(({ name, value }) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`)
  return ['(', ...exports, ...commands, ')'].join('\n')
}
