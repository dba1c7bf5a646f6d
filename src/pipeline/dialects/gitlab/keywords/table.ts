import type { Keyword } from '../../types.ts'
import { globalRule } from './global.ts'
import { jobRule } from './job/job.ts'
import { optional, struct } from './reader/struct.ts'

/** What puts files together, before any keyword is read. */
const DOCUMENT: readonly Keyword[] = [
  { path: 'spec.inputs', supported: true },
  { path: 'spec.inputs.<NAME>.default', supported: true },
  { path: 'spec.inputs.<NAME>.description', supported: true },
  { path: 'spec.inputs.<NAME>.options', supported: true },
  { path: 'spec.inputs.<NAME>.regex', supported: true },
  { path: 'spec.inputs.<NAME>.rules', supported: true },
  { path: 'spec.inputs.<NAME>.type', supported: true },
  { path: 'spec.include', supported: true },
  { path: 'spec.component', supported: true },
  { path: 'include.local', supported: true },
  { path: 'include.project', supported: true, note: 'projects on the same Ballast' },
  { path: 'include.file', supported: true },
  { path: 'include.ref', supported: true },
  { path: 'include.remote', supported: true, note: 'only with integrity' },
  { path: 'include.integrity', supported: true },
  { path: 'include.template', supported: true, note: 'those that Ballast ships' },
  { path: 'include.component', supported: true, note: 'projects on the same Ballast' },
  { path: 'include.inputs', supported: true },
  { path: 'include.rules', supported: true },
]

const everything = struct({
  what: 'the file',
  fields: {
    ...globalRule.fields,
    job: optional(struct(jobRule)),
  },
  unavailable: globalRule.unavailable ?? {},
})

/** Places that hold what a job holds too, where it is told in full. */
const AS_IN_A_JOB = /^(default\.[^.]+|image|services|cache|before_script|after_script|job\.rules\.needs)\./

/** Of stores that are not asked, and of executors that are not there. */
const WITHOUT_EFFECT =
  /^job\.(secrets\.<NAME>\.(vault|\w+_secret_manager|azure_key_vault|aws_\w+)|\w+\.kubernetes)\./

/** Every keyword of the language; those of a job begin with `job.`. */
export const KEYWORDS: readonly Keyword[] = [
  ...DOCUMENT,
  ...everything.keywords.filter(
    ({ path }) =>
      path !== 'include' && path !== 'job' && !AS_IN_A_JOB.test(path) && !WITHOUT_EFFECT.test(path),
  ),
]
