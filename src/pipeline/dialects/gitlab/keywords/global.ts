import { autoCancel } from './job/conditions/auto-cancel.ts'
import { retry } from './job/conditions/retry.ts'
import { workflowRules } from './job/conditions/rules.ts'
import { IDENTITY, identity } from './job/elsewhere.ts'
import { artifacts } from './job/keeping/artifacts.ts'
import { cache } from './job/keeping/cache.ts'
import { image, services } from './job/work/images.ts'
import { hooks, script } from './job/work/script.ts'
import { idTokens } from './job/work/secrets.ts'
import { tags } from './job/work/tags.ts'
import { globalVariables } from './job/work/variables.ts'
import { list } from './reader/composites.ts'
import { jobTimeout } from './reader/durations.ts'
import type { Reader } from './reader/reader.ts'
import { flag, text } from './reader/scalars.ts'
import { optional, type StructOf, type StructRule, struct } from './reader/struct.ts'

/** A pipeline with more can't be read by anybody. */
const MAX_STAGES = 500

const stages = list(text({ expected: 'the name of a stage', maxLength: 255 }), {
  max: MAX_STAGES,
  nested: true,
})

const merged: Reader<true> = { expected: 'files to include', keywords: [], read: () => true }

/** What jobs get that do not have it themselves. Deprecated outside of `default`, the first five stand there too. */
const inherited = {
  image: optional(image),
  services: optional(services),
  cache: optional(cache),
  before_script: optional(script({ empty: true })),
  after_script: optional(script({ empty: true })),
}

const defaultFields = {
  ...inherited,
  artifacts: optional(artifacts),
  hooks: optional(hooks),
  id_tokens: optional(idTokens),
  interruptible: optional(flag()),
  retry: optional(retry),
  tags: optional(tags),
  timeout: optional(jobTimeout, { note: 'has an effect, unlike in GitLab' }),
}

const workflow = struct({
  what: 'workflow',
  fields: {
    name: optional(text({ expected: 'a name for the pipeline', maxLength: 255 })),
    rules: optional(workflowRules),
    auto_cancel: optional(autoCancel),
  },
})

const fields = {
  stages: optional(stages),
  variables: optional(globalVariables, {
    note: 'description and options are for people who start it by hand',
  }),
  default: optional(
    struct({
      what: 'default',
      fields: { ...defaultFields, identity: optional(identity, { warning: IDENTITY }) },
    }),
  ),
  workflow: optional(workflow),
  include: optional(merged),
  ...inherited,
}

export const globalRule: StructRule<typeof fields> = {
  what: 'the file',
  fields,
  unavailable: { types: 'GitLab has taken it out; write stages' },
}

export type Globals = Partial<StructOf<typeof fields>>
export type Defaults = { readonly [Key in keyof typeof defaultFields]?: StructOf<typeof defaultFields>[Key] }
