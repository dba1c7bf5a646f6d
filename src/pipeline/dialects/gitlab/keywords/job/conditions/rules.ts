import type { Located } from '../../../../../yaml/located.ts'
import type { Rule } from '../../../types.ts'
import { list } from '../../reader/composites.ts'
import { startIn } from '../../reader/durations.ts'
import { byKind, type Place, type Reader, refine } from '../../reader/reader.ts'
import { choice, flag, text } from '../../reader/scalars.ts'
import { type Fields, optional, required, type StructOf, struct } from '../../reader/struct.ts'
import { ruleNeeds } from '../order/needs.ts'
import { rulesVariables } from '../work/variables.ts'
import { allowFailure } from './allow-failure.ts'
import { autoCancel } from './auto-cancel.ts'

/** More conditions for one job are a mistake of a generator. */
const MAX_RULES = 500
/** GitLab's own limit of paths in one rule. */
const MAX_PATHS = 50

const WHEN_OF_RULES = ['on_success', 'on_failure', 'always', 'manual', 'delayed', 'never'] as const

const path = text({ expected: 'a path or pattern', empty: true })
const paths = list(path, { max: MAX_PATHS, nested: true })
const ref = text({ expected: 'a branch, tag or commit' })

const changes = byKind({
  list: refine(paths, read => ({ paths: read })),
  map: refine(
    struct({ what: 'changes', fields: { paths: required(paths), compare_to: optional(ref) } }),
    read => ({
      paths: read.paths,
      ...(read.compare_to !== undefined && { compareTo: read.compare_to }),
    }),
  ),
})

const exists = byKind({
  list: refine(paths, read => ({ paths: read })),
  map: refine(
    struct({
      what: 'exists',
      fields: {
        paths: required(paths),
        project: optional(text({ expected: 'the path of a project' })),
        ref: optional(ref),
      },
    }),
    read => ({
      paths: read.paths,
      ...(read.project !== undefined && { project: read.project }),
      ...(read.ref !== undefined && { ref: read.ref }),
    }),
  ),
})

const condition = refine(
  text({ expected: "an expression such as '$CI_COMMIT_TAG'", maxLength: 32_768 }),
  (value, node) => ({ text: value, at: node.at }),
)

const common = {
  if: optional(condition),
  changes: optional(changes),
  exists: optional(exists),
  variables: optional(rulesVariables),
}

const jobFields = {
  ...common,
  when: optional(choice(WHEN_OF_RULES)),
  start_in: optional(startIn),
  allow_failure: optional(allowFailure),
  needs: optional(ruleNeeds),
  interruptible: optional(flag()),
}

const workflowFields = {
  ...common,
  when: optional(choice(['always', 'never'])),
  auto_cancel: optional(autoCancel),
}

type AnyRule = Partial<StructOf<typeof jobFields> & Pick<StructOf<typeof workflowFields>, 'auto_cancel'>>

function rules<F extends Fields>(what: string, fields: F): Reader<readonly Rule[]> {
  const rule = refine(struct({ what, fields }), (read, node, place): Rule | undefined => {
    if (!delayFits(read as AnyRule, node, place)) return undefined
    const { if: when_, changes: changed, exists: there, when, start_in, ...rest } = read as AnyRule
    return {
      at: node.at,
      ...(when_ && { if: when_ }),
      ...(changed && { changes: changed }),
      ...(there && { exists: there }),
      ...(when && { when }),
      ...(start_in !== undefined && { startIn: start_in }),
      ...(rest.variables && { variables: rest.variables }),
      ...(rest.allow_failure !== undefined && { allowFailure: rest.allow_failure }),
      ...(rest.needs && { needs: rest.needs }),
      ...(rest.interruptible !== undefined && { interruptible: rest.interruptible }),
      ...(rest.auto_cancel && { autoCancel: rest.auto_cancel }),
    }
  })
  return list(rule, { max: MAX_RULES, nested: true })
}

/** `start_in` goes with `when: delayed`, and not without it. */
function delayFits({ when, start_in }: AnyRule, node: Located, place: Place): boolean {
  if ((when === 'delayed') === (start_in !== undefined)) return true
  const message =
    when === 'delayed' ? "'start_in' is missing: the rule delays the job" : "'start_in' needs 'when: delayed'"
  place.findings.error(node.at, when === 'delayed' ? 'MISSING_KEY' : 'KEY_CLASH', message)
  return false
}

export const jobRules: Reader<readonly Rule[]> = rules('a rule', jobFields)
export const workflowRules: Reader<readonly Rule[]> = rules('a rule of workflow', workflowFields)
