import { RE2JS } from 're2js'
import { list } from '../../reader/composites.ts'
import { periodOrVariable } from '../../reader/durations.ts'
import { byKind, mismatch, type Reader, refine } from '../../reader/reader.ts'
import { choice, flag, text } from '../../reader/scalars.ts'
import { optional, required, struct } from '../../reader/struct.ts'
import { type Script, script } from './script.ts'

/** GitLab's own limit of tags. */
const MAX_TAGS = 50
const MAX_INHERITED = 1000
const MAX_STEPS = 200
const MAX_DEPENDENCIES = 500

export const INHERITABLE = [
  'after_script',
  'artifacts',
  'before_script',
  'cache',
  'hooks',
  'id_tokens',
  'image',
  'interruptible',
  'retry',
  'services',
  'tags',
  'timeout',
] as const
export type Inheritable = (typeof INHERITABLE)[number]

/** All of them (true), none, or those that are named. */
export const inherit = struct({
  what: 'inherit',
  fields: {
    default: optional(
      byKind<boolean, readonly Inheritable[]>({
        scalar: flag(),
        list: list(choice(INHERITABLE), { max: INHERITABLE.length }),
      }),
    ),
    variables: optional(
      byKind<boolean, readonly string[]>({
        scalar: flag(),
        list: list(text({ expected: 'the name of a variable' }), { max: MAX_INHERITED }),
      }),
    ),
  },
})

/** The expression between the slashes. */
export const coverage: Reader<string> = refine(
  text({ expected: "a regular expression such as '/Coverage: \\d+/'", pattern: /^\/.+\/$/, maxLength: 1000 }),
  (written, node, place) => {
    const expression = written.slice(1, -1)
    try {
      RE2JS.compile(expression)
      return expression
    } catch {
      return mismatch(node, place, 'a regular expression of RE2')
    }
  },
)

export const tags: Reader<readonly string[]> = list(text({ expected: 'a tag of runners', maxLength: 255 }), {
  max: MAX_TAGS,
  nested: true,
})

export const dependencies: Reader<readonly Dependency[]> = list(
  refine(text({ expected: 'the name of a job', maxLength: 255 }), (job, node) => ({ job, at: node.at })),
  { max: MAX_DEPENDENCIES, nested: true },
)
export interface Dependency {
  readonly job: string
  readonly at: Script['at']
}

const KEPT = 'no site is served: the folder is kept as an artifact'

/** false: no site, although the job may be named pages. Else the folder, where it is named. */
export const pages: Reader<false | { readonly publish?: string }> = byKind<
  false | Record<string, never>,
  never,
  { readonly publish?: string }
>({
  scalar: refine(flag(), wanted => (wanted ? {} : false)),
  map: refine(
    struct({
      what: 'pages',
      fields: {
        publish: optional(text({ expected: 'a folder' })),
        path_prefix: optional(text({ expected: 'text', empty: true }), { warning: KEPT }),
        expire_in: optional(periodOrVariable, { warning: KEPT }),
      },
    }),
    read => (read.publish === undefined ? {} : { publish: read.publish }),
  ),
})

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
