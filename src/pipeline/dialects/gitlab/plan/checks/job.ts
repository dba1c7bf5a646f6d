import { quote } from '../../../../yaml/located.ts'
import type { WrittenJob } from '../../keywords/read.ts'
import type { KeywordFindings } from '../../keywords/reader/findings.ts'

/** GitLab's own; longer ones do not fit its database. */
export const MAX_JOB_NAME = 255

/** What a trigger job may have. */
const TRIGGER_KEYS = new Set([
  'trigger',
  'allow_failure',
  'environment',
  'except',
  'extends',
  'inherit',
  'interruptible',
  'manual_confirmation',
  'needs',
  'only',
  'parallel',
  'resource_group',
  'rules',
  'stage',
  'start_in',
  'variables',
  'when',
])

/** Pairs that say different things about the same matter. */
const CLASHES = [
  ['rules', 'only'],
  ['rules', 'except'],
  ['rules', 'start_in'],
  ['run', 'script'],
  ['run', 'before_script'],
  ['run', 'after_script'],
  ['pages', 'publish'],
] as const

/** What is wrong in a job by itself, though each of its keys is right. */
export function checkJob(job: WrittenJob, findings: KeywordFindings): void {
  checkName(job, findings)
  if (job.keysAt.has('trigger')) checkTriggerKeys(job, 'trigger', findings)
  else if (job.keys.needs?.mirror !== undefined) checkTriggerKeys(job, 'needs: pipeline', findings)
  else if (!['script', 'run'].some(key => job.keysAt.has(key))) {
    const facts = { expected: 'script, run or trigger' }
    findings.error(job.at, 'MISSING_KEY', `Job ${quote(job.name)} does nothing`, facts)
  }
  for (const [one, other] of CLASHES) {
    const at = job.keysAt.get(other)
    if (!at || !job.keysAt.has(one)) continue
    findings.error(at, 'KEY_CLASH', `'${other}' can't be in a job with '${one}'`)
  }
  checkDelay(job, findings)
}

export function nameProblem(name: string): string | undefined {
  if (name.trim() === '') return 'it is empty'
  if (name.length > MAX_JOB_NAME) return `it has more than ${MAX_JOB_NAME} characters`
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(name)) return 'it has a control character'
  return ['true', 'false', 'nil', '__proto__'].includes(name) ? 'the name is taken' : undefined
}

function checkName({ name, at }: WrittenJob, findings: KeywordFindings): void {
  const hint = nameProblem(name)
  if (hint) findings.error(at, 'JOB_NAME_INVALID', `${quote(name)} can't be the name of a job`, { hint })
}

function checkTriggerKeys({ keysAt, keys }: WrittenJob, what: string, findings: KeywordFindings): void {
  for (const [key, at] of keysAt) {
    if (TRIGGER_KEYS.has(key)) continue
    const hint = `a job that ${what === 'trigger' ? 'triggers' : 'mirrors'} a pipeline runs nothing itself`
    findings.error(at, 'KEY_CLASH', `${quote(key)} can't be in a job with '${what}'`, { hint })
  }
  const at = keysAt.get('needs')
  if (what === 'trigger' && at && keys.needs?.mirror !== undefined)
    findings.error(at, 'KEY_CLASH', "'needs: pipeline' can't be in a job with 'trigger'")
}

/** Where there are rules, they say when, and how much later. */
function checkDelay({ keys, keysAt, at }: WrittenJob, findings: KeywordFindings): void {
  const delayed = keys.when === 'delayed'
  const startAt = keysAt.get('start_in')
  if (delayed && !startAt) {
    const hint = keysAt.has('rules') ? "write 'when' and 'start_in' into the rules" : "write 'start_in'"
    findings.error(keysAt.get('when') ?? at, 'MISSING_KEY', "'start_in' is missing: the job is delayed", {
      hint,
    })
  }
  if (startAt && !delayed && !keysAt.has('rules')) {
    const hint = "write 'when: delayed'"
    findings.error(startAt, 'KEY_CLASH', "'start_in' has no meaning: the job is not delayed", { hint })
  }
}
