import { quote } from '../../../yaml/located.ts'
import type { KeywordFindings } from '../keywords/reader/findings.ts'
import type { NeedSpec } from '../types.ts'
import type { DecidedJob } from './decided.ts'
import type { Instance } from './instances.ts'
import { type Choice, MatrixIndex } from './matrix.ts'

/** Of all jobs of a plan together: what 2,000 jobs that need 200 each have. */
const MAX_NEEDS = 400_000
/** Instances that are looked at to find them; a selector costs as much as a few. About a second. */
const MAX_LOOKS = 2_000_000
const LOOKS_OF_A_SELECTOR = 10

export interface ResolvedNeeds {
  readonly names: readonly string[]
  /** Those whose artifacts it gets. */
  readonly inputs: readonly string[]
}

/** Every instance that the file makes, and which of them are in the pipeline. */
export interface Population {
  /** By the names of written jobs, and by their own. */
  readonly byJob: ReadonlyMap<string, readonly Instance[]>
  readonly included: ReadonlySet<string>
}

/** The jobs that each job with needs waits for, by its name: all instances of a need, or those that its matrix picks. */
export function resolveNeeds(
  jobs: readonly DecidedJob[],
  population: Population,
  findings: KeywordFindings,
): ReadonlyMap<string, ResolvedNeeds> {
  const resolver = new Resolver(population, findings)
  const resolved = new Map<string, ResolvedNeeds>()
  for (const { instance, needs } of jobs) {
    if (!needs) continue
    resolved.set(instance.name, resolver.resolve(instance, needs))
    if (!resolver.exhausted) continue
    const message = 'The jobs of this file need each other too often'
    const facts = { expected: `at most ${MAX_NEEDS} needs in all`, hint: 'wait for stages instead' }
    findings.error(instance.job.at, 'TOO_MANY_NEEDS', message, facts)
    break
  }
  return resolved
}

class Resolver {
  readonly #population: Population
  readonly #findings: KeywordFindings
  readonly #indexes = new Map<string, MatrixIndex>()
  /** Instances of one job share what it needs, unless it depends on their own place in the matrix. */
  readonly #shared = new Map<readonly NeedSpec[], ResolvedNeeds>()
  #needs = 0
  #looks = 0

  constructor(population: Population, findings: KeywordFindings) {
    this.#population = population
    this.#findings = findings
  }

  get exhausted(): boolean {
    return this.#needs > MAX_NEEDS || this.#looks > MAX_LOOKS
  }

  resolve(instance: Instance, needs: readonly NeedSpec[]): ResolvedNeeds {
    const resolved = this.#shared.get(needs) ?? this.#resolve(instance, needs)
    this.#needs += resolved.names.length
    if (!needs.some(usesMatrix)) this.#shared.set(needs, resolved)
    return resolved
  }

  #resolve(instance: Instance, needs: readonly NeedSpec[]): ResolvedNeeds {
    const artifacts = new Map<string, boolean>()
    for (const need of needs) {
      if (this.exhausted) break
      for (const name of this.#namesOf(instance, need)) {
        artifacts.set(name, need.artifacts || artifacts.get(name) === true)
      }
    }
    return {
      names: [...artifacts.keys()],
      inputs: [...artifacts].filter(([, wanted]) => wanted).map(([name]) => name),
    }
  }

  #namesOf(instance: Instance, need: NeedSpec): readonly string[] {
    const { byJob, included } = this.#population
    const picked = need.matrix ? this.#pick(instance, need) : (byJob.get(need.job) ?? [])
    this.#looks += picked.length
    const present = picked.map(({ name }) => name).filter(name => included.has(name))
    if (present.length < picked.length && !need.optional) {
      const absent = picked.find(({ name }) => !included.has(name))!
      const message = `Job ${quote(instance.name)} needs ${quote(absent.name)}, which is not in this pipeline`
      const hint = "add 'optional: true' to the need, or make the rules of both agree"
      this.#findings.error(need.at, 'NEED_EXCLUDED', message, { hint })
    }
    return present
  }

  #pick(instance: Instance, need: NeedSpec): readonly Instance[] {
    this.#looks += LOOKS_OF_A_SELECTOR
    const index = this.#indexOf(need.job)
    const tell = (message: string, facts = {}): readonly Instance[] => {
      const line = `Job ${quote(instance.job.name)} needs jobs of ${quote(need.job)} ${message}`
      this.#findings.error(need.at, 'NEED_UNKNOWN', line, facts)
      return []
    }
    if (index.size === 0) return []
    if (index.variables.length === 0) return tell('by a matrix, which it has not')
    const choices = need.matrix!.map(choice => valuesFor(instance, choice))
    if (!choices.every(choice => index.fits(choice))) {
      const hint = `it has ${index.variables.join(', ')}, in this order`
      return tell('by other variables than those of its matrix', { hint })
    }
    const look = (count: number) => {
      this.#looks += count
    }
    const picked = new Set(choices.flatMap(choice => index.pick(choice, look)))
    if (picked.size === 0 && !need.optional) return tell('that its matrix does not make')
    if (picked.size === 1) return [...picked]
    look(index.size)
    return this.#population.byJob.get(need.job)!.filter(other => picked.has(other))
  }

  #indexOf(job: string): MatrixIndex {
    const index = this.#indexes.get(job) ?? new MatrixIndex(this.#population.byJob.get(job) ?? [])
    this.#indexes.set(job, index)
    return index
  }
}

const EXPRESSION = /\$\[\[\s*matrix\.(\w+)\s*\]\]/g

function usesMatrix({ matrix }: NeedSpec): boolean {
  const uses = (values: readonly string[]) => values.some(value => value.includes('$[['))
  return matrix?.some(choice => Object.values(choice).some(uses)) ?? false
}

/** `$[[ matrix.OS ]]` is the value that the needing job itself has; one that it has not stays, and matches nothing. */
function valuesFor({ matrix }: Instance, choice: Readonly<Record<string, readonly string[]>>): Choice {
  const put = (value: string) =>
    value.includes('$[[')
      ? value.replaceAll(EXPRESSION, (whole, name: string) => matrix.get(name) ?? whole)
      : value
  return new Map(Object.entries(choice).map(([name, values]) => [name, values.map(put)]))
}
