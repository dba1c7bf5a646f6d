import { quote } from '../../../yaml/located.ts'
import type { Findings } from '../keywords/reader/findings.ts'
import type { NeedSpec } from '../types.ts'
import type { DecidedJob } from './decided.ts'
import type { Instance } from './instances.ts'

/** Of all jobs of a plan together: what 2,000 jobs that need 200 each have. */
const MAX_NEEDS = 400_000

export interface ResolvedNeeds {
  readonly names: readonly string[]
  /** Those whose artifacts it gets. */
  readonly inputs: readonly string[]
}

/** Every instance that the file makes, and which of them are in the pipeline. */
export interface Population {
  readonly byJob: ReadonlyMap<string, readonly Instance[]>
  readonly included: ReadonlySet<string>
}

/** The jobs that each job with needs waits for, by its name: all instances of a need, or those that its matrix picks. */
export function resolveNeeds(
  jobs: readonly DecidedJob[],
  population: Population,
  findings: Findings,
): ReadonlyMap<string, ResolvedNeeds> {
  const resolved = new Map<string, ResolvedNeeds>()
  // Instances of one job share what it needs, unless it depends on their own place in the matrix.
  const shared = new Map<readonly NeedSpec[], ResolvedNeeds>()
  let total = 0
  for (const { instance, needs } of jobs) {
    if (!needs) continue
    const own = needs.some(need => need.matrix !== undefined && usesMatrix(need.matrix))
    const known = own ? undefined : shared.get(needs)
    const found = known ?? resolve(instance, needs, population, findings)
    if (!own) shared.set(needs, found)
    resolved.set(instance.name, found)
    total += found.names.length
    if (total > MAX_NEEDS) {
      const message = `The jobs need each other more than ${MAX_NEEDS} times`
      findings.error(instance.job.at, 'TOO_MANY_NEEDS', message, { hint: 'wait for stages instead' })
      break
    }
  }
  return resolved
}

function resolve(
  instance: Instance,
  needs: readonly NeedSpec[],
  population: Population,
  findings: Findings,
): ResolvedNeeds {
  const artifacts = new Map<string, boolean>()
  for (const need of needs) {
    for (const name of namesOf(instance, need, population, findings)) {
      artifacts.set(name, need.artifacts || artifacts.get(name) === true)
    }
  }
  return {
    names: [...artifacts.keys()],
    inputs: [...artifacts].filter(([, wanted]) => wanted).map(([name]) => name),
  }
}

function namesOf(
  instance: Instance,
  need: NeedSpec,
  { byJob, included }: Population,
  findings: Findings,
): readonly string[] {
  const all = byJob.get(need.job) ?? []
  const picked = need.matrix ? pick(instance, need, all, findings) : all
  const present = picked.filter(({ name }) => included.has(name)).map(({ name }) => name)
  if (present.length < picked.length && !need.optional) {
    const absent = picked.find(({ name }) => !included.has(name))!
    const message = `Job ${quote(instance.name)} needs ${quote(absent.name)}, which is not in this pipeline`
    const hint = "add 'optional: true' to the need, or make the rules of both agree"
    findings.error(need.at, 'NEED_EXCLUDED', message, { hint })
  }
  return present
}

function pick(
  instance: Instance,
  need: NeedSpec,
  all: readonly Instance[],
  findings: Findings,
): readonly Instance[] {
  const variables = [...(all[0]?.matrix.keys() ?? [])]
  const tell = (message: string, hint?: string): readonly Instance[] => {
    const facts = hint === undefined ? {} : { hint }
    findings.error(need.at, 'NEED_UNKNOWN', `Job ${quote(instance.job.name)} ${message}`, facts)
    return []
  }
  if (all.length > 0 && variables.length === 0)
    return tell(`needs jobs of a matrix of ${quote(need.job)}, which has none`)
  const choices = (need.matrix ?? []).map(choice => valuesIn(choice, instance))
  for (const choice of choices) {
    const names = [...choice.keys()]
    const inOrder = new Set(all.flatMap(({ matrix }) => [...matrix.keys()]))
      .values()
      .filter(name => choice.has(name))
    if ([...inOrder].join() !== names.join()) {
      const hint = `${quote(need.job)} has ${variables.join(', ')}, in this order`
      return tell(`needs jobs of ${quote(need.job)} by other variables than those of its matrix`, hint)
    }
  }
  const picked = all.filter(({ matrix }) =>
    choices.some(choice => [...choice].every(([name, values]) => values.includes(matrix.get(name) ?? '\0'))),
  )
  if (picked.length === 0 && !need.optional) {
    return tell(`needs jobs of ${quote(need.job)} that its matrix does not make`)
  }
  return picked
}

const EXPRESSION = /\$\[\[\s*matrix\.(\w+)\s*\]\]/g

function usesMatrix(choices: NonNullable<NeedSpec['matrix']>): boolean {
  return choices.some(choice =>
    Object.values(choice).some(values => values.some(value => value.includes('$[['))),
  )
}

/** `$[[ matrix.OS ]]` is the value that the needing job itself has; one that it has not stays, and matches nothing. */
function valuesIn(
  choice: Readonly<Record<string, readonly string[]>>,
  { matrix }: Instance,
): ReadonlyMap<string, readonly string[]> {
  const put = (value: string) =>
    value.replaceAll(EXPRESSION, (whole, name: string) => matrix.get(name) ?? whole)
  return new Map(Object.entries(choice).map(([name, values]) => [name, values.map(put)]))
}
