import { list } from '../../reader/composites.ts'
import { type Reader, refine } from '../../reader/reader.ts'
import { text } from '../../reader/scalars.ts'
import { required, struct } from '../../reader/struct.ts'
import { type Script, script } from './script.ts'

const MAX_STEPS = 200

const STEPS = "steps of other repositories need GitLab's step runner; write what it does as a script"

const step = struct({
  what: 'a step',
  fields: {
    name: required(text({ expected: 'the name of the step', pattern: /^[A-Za-z_][A-Za-z0-9_-]*$/ })),
    script: required(script({ empty: false })),
  },
  unavailable: {
    step: STEPS,
    action: STEPS,
    exec: STEPS,
    inputs: STEPS,
    env: 'set the variables in the script of the step',
  },
})

/** Scripts with names, in one shell, one after the other. */
export const run: Reader<Script> = refine(list(step, { min: 1, max: MAX_STEPS }), (steps, node) => ({
  at: node.at,
  commands: steps.flatMap(({ script: { commands } }) => commands),
}))
