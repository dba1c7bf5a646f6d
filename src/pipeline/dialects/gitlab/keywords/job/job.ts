import { jobTimeout, startIn } from '../reader/durations.ts'
import { placed, type Reader } from '../reader/reader.ts'
import { choice, flag, text } from '../reader/scalars.ts'
import { optional, type ReadStruct, type StructRule } from '../reader/struct.ts'
import { allowFailure } from './conditions/allow-failure.ts'
import { policy } from './conditions/policy.ts'
import { retry } from './conditions/retry.ts'
import { jobRules } from './conditions/rules.ts'
import { environment } from './delivery/environment.ts'
import { pages } from './delivery/pages.ts'
import { release } from './delivery/release.ts'
import { trigger } from './delivery/trigger.ts'
import { DAST, dastConfiguration, IDENTITY, identity } from './elsewhere.ts'
import { artifacts } from './keeping/artifacts.ts'
import { cache } from './keeping/cache.ts'
import { coverage } from './keeping/coverage.ts'
import { dependencies } from './order/dependencies.ts'
import { needs } from './order/needs.ts'
import { parallel } from './order/parallel.ts'
import { image, services } from './work/images.ts'
import { inherit } from './work/inherit.ts'
import { jobInputs } from './work/inputs.ts'
import { run } from './work/run.ts'
import { hooks, script } from './work/script.ts'
import { idTokens, secrets } from './work/secrets.ts'
import { tags } from './work/tags.ts'
import { jobVariables } from './work/variables.ts'

/** Merged in before: whatever stands there has had its effect. */
const merged: Reader<true> = { expected: 'the name of a job', keywords: [], read: () => true }

const stageName = text({ expected: 'the name of a stage', maxLength: 255 })
const groupName = text({ expected: 'the name of a group', maxLength: 255 })

const fields = {
  stage: optional(placed(stageName), {
    note: 'test where none is named; .pre and .post are there without stages',
  }),
  script: optional(script({ empty: false })),
  before_script: optional(script({ empty: true })),
  after_script: optional(script({ empty: true }), { note: 'its own shell and five minutes' }),
  run: optional(run, { note: 'steps with a script' }),
  extends: optional(merged),
  inherit: optional(inherit),
  variables: optional(jobVariables),
  inputs: optional(jobInputs, {
    note: 'in scripts, artifacts, caches, images and services; given with `ballast job play` and `retry --input`',
  }),
  rules: optional(jobRules),
  only: optional(policy),
  except: optional(policy),
  when: optional(choice(['on_success', 'on_failure', 'always', 'manual', 'delayed'])),
  start_in: optional(startIn),
  manual_confirmation: optional(text({ expected: 'a question', maxLength: 4096 })),
  allow_failure: optional(allowFailure),
  needs: optional(needs),
  dependencies: optional(dependencies),
  parallel: optional(placed(parallel)),
  image: optional(image),
  services: optional(services),
  tags: optional(tags, { note: 'labels of runners' }),
  timeout: optional(jobTimeout, { note: '1 hour where none is set' }),
  retry: optional(retry),
  interruptible: optional(flag()),
  resource_group: optional(groupName, { note: 'one after the other, in the order of their pipelines' }),
  cache: optional(cache),
  artifacts: optional(artifacts),
  coverage: optional(coverage),
  environment: optional(environment),
  release: optional(release, { note: 'made by the server: no glab is needed' }),
  trigger: optional(trigger),
  hooks: optional(hooks),
  secrets: optional(secrets),
  id_tokens: optional(idTokens, { note: 'signed by Ballast' }),
  pages: optional(pages, { note: 'no site is served: the folder is kept as an artifact' }),
  publish: optional(text({ expected: 'a folder' }), { note: 'the same as pages.publish' }),
  dast_configuration: optional(dastConfiguration, { warning: DAST }),
  identity: optional(identity, { warning: IDENTITY }),
}

export const jobRule: StructRule<typeof fields> = {
  what: 'a job',
  fields,
  unavailable: {
    types: 'GitLab has taken it out; write stages',
    type: 'GitLab has taken it out; write stage',
  },
}

/** What is written in a job, as far as it could be read. */
export type JobKeys = ReadStruct<typeof fields>['values']
