import type { Location } from '../../../../core/index.ts'
import { isLate, withLateText } from '../../../late.ts'
import type { AutoCancel, ExcludedJob, Plan } from '../../../types.ts'
import type { CompileResult } from '../../types.ts'
import { readKeywords, type WrittenConfig, type WrittenJob } from '../keywords/read.ts'
import { KeywordFindings } from '../keywords/reader/findings.ts'
import type { MergedConfig, Rule } from '../types.ts'
import { checkEnvironments } from './checks/environments.ts'
import { checkGlobals } from './checks/globals.ts'
import { checkJob, nameProblem } from './checks/job.ts'
import { checkOrder } from './checks/order.ts'
import { decideJobs } from './decide.ts'
import { type Instance, instancesOf } from './instances.ts'
import type { Expander, Judge } from './judge.ts'
import { planJobs } from './plan.ts'
import { isEdge, stageOf } from './stages.ts'
import { mergeVariables } from './variables.ts'

/** What the scheduler and the page of a pipeline were measured with. ballast.yaml's own jobs have a lower limit. */
export const MAX_DIALECT_JOBS = 5000

/** Merged files to the plan: reads the keywords, checks them, decides what is in, ties the jobs together. */
export async function compileMerged(
  merged: MergedConfig,
  start: Location,
  judge: Judge,
): Promise<CompileResult> {
  const findings = new KeywordFindings()
  const config = readKeywords(merged, findings)
  checkGlobals(config, findings)
  for (const job of config.jobs) checkJob(job, findings)
  const instances = makeInstances(config.jobs, findings)
  checkOrder(config, instances, findings)
  checkEnvironments(config, findings)
  if (config.jobs.length === 0 && findings.errors === 0) {
    findings.error(start, 'MISSING_KEY', 'There is no job that is not hidden')
  }
  if (findings.errors > 0) return { kind: 'problems', diagnostics: findings.sorted() }
  return decided(config, instances, start, judge, findings)
}

function makeInstances(jobs: readonly WrittenJob[], findings: KeywordFindings): readonly Instance[] {
  const instances: Instance[] = []
  for (const job of jobs) {
    const made = instancesOf(job)
    instances.push(...made)
    if (instances.length > MAX_DIALECT_JOBS) {
      const message = `The file makes more than the ${MAX_DIALECT_JOBS} jobs that a pipeline may have`
      findings.error(job.at, 'TOO_MANY_JOBS', message)
      break
    }
    const long = made.find(({ name }) => nameProblem(name))
    if (long && job.keys.parallel) {
      const hint = nameProblem(long.name)!
      const at = job.keys.parallel?.at ?? job.at
      findings.error(at, 'JOB_NAME_INVALID', `The matrix makes a job whose name can't be one`, { hint })
    }
  }
  tellDuplicates(instances, findings)
  return instances
}

/** `test 1/2` may be written and made. */
function tellDuplicates(instances: readonly Instance[], findings: KeywordFindings): void {
  const seen = new Set<string>()
  for (const { name, job } of instances) {
    if (seen.has(name))
      findings.error(job.at, 'JOB_DUPLICATE', `There are two jobs named '${name.slice(0, 100)}'`)
    seen.add(name)
  }
}

async function decided(
  config: WrittenConfig,
  instances: readonly Instance[],
  start: Location,
  judge: Judge,
  findings: KeywordFindings,
): Promise<CompileResult> {
  const { workflow, variables = [] } = config.globals
  const verdict = await judge.workflow(workflow?.rules, mergeVariables(variables))
  findings.tell(verdict.problems)
  if (findings.errors > 0) return { kind: 'problems', diagnostics: findings.sorted() }
  if (!verdict.included) {
    const { reason, at = start } = verdict
    return { kind: 'nothing', reason, at, excluded: allExcluded(instances), diagnostics: findings.sorted() }
  }
  const globals = mergeVariables(variables, verdict.rule?.variables ?? [])
  const { decided: jobs, excluded } = await decideJobs(config, instances, globals, judge, findings)
  if (findings.errors > 0) return { kind: 'problems', diagnostics: findings.sorted() }
  if (jobs.every(({ instance }) => isEdge(stageOf(instance.job)))) {
    const reason =
      jobs.length === 0 ? 'no job is for this occasion' : 'there are jobs in .pre and .post alone'
    return { kind: 'nothing', reason, at: start, excluded, diagnostics: findings.sorted() }
  }
  const planned = planJobs(config, jobs, instances, findings)
  if (findings.errors > 0) return { kind: 'problems', diagnostics: findings.sorted() }
  const plan: Plan = {
    ...planned,
    ...nameOf(config, judge.expander(globals), start, findings),
    excluded,
    autoCancel: autoCancelOf(config, verdict.rule),
  }
  return { kind: 'plan', plan, diagnostics: findings.sorted() }
}

/** It is there before the pipeline is, which GitLab does without ids and numbers too. */
function nameOf(
  { globals, globalsAt }: WrittenConfig,
  expander: Expander,
  start: Location,
  findings: KeywordFindings,
): { readonly name?: string } {
  const written = globals.workflow?.name
  if (written === undefined) return {}
  const name = expander.name(written)
  if (isLate(name)) {
    const message = 'The name of a pipeline has no ids and numbers of pipelines in it: they come out empty'
    findings.warn(globalsAt.get('workflow') ?? start, 'DIFFERS', message)
  }
  return { name: withLateText(name, () => undefined) }
}

function allExcluded(instances: readonly Instance[]): readonly ExcludedJob[] {
  const reason = 'workflow: rules leave the whole pipeline out'
  return instances.map(({ name, job }) => ({ name, at: job.at, reason }))
}

function autoCancelOf({ globals }: WrittenConfig, rule: Rule | undefined): AutoCancel {
  const written = { ...globals.workflow?.auto_cancel, ...rule?.autoCancel }
  return {
    onNewCommit: (written.onNewCommit as AutoCancel['onNewCommit'] | undefined) ?? 'conservative',
    onJobFailure: (written.onJobFailure as AutoCancel['onJobFailure'] | undefined) ?? 'none',
  }
}
