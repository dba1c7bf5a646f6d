import { compilePattern } from './dialects/gitlab/expression/pattern.ts'
import type { GivenInputs, InputValue, JobInput, PlannedJob } from './types.ts'

/** `${{ job.inputs.name }}` */
const REFERENCE = /\$\{\{\s*job\.inputs\.([A-Za-z0-9_-]+)\s*\}\}/g

/** Names of the inputs that texts of a job stand for. */
export function referencedInputs(texts: readonly string[]): readonly string[] {
  return texts.flatMap(text => [...text.matchAll(REFERENCE)].map(([, name]) => name!))
}

/**
 * A job as it runs: where its texts refer to its inputs, the values that somebody gave, else the defaults. These are
 * commands, paths and keys of what it keeps, and names of images. Values are put there before any variable is.
 */
export function withJobInputs(plan: PlannedJob, given: GivenInputs = {}): PlannedJob {
  const { jobInputs } = plan
  if (!jobInputs) return plan
  const put = (text: string): string =>
    text.replaceAll(REFERENCE, (whole, name: string) =>
      Object.hasOwn(jobInputs, name) ? textOf(given[name] ?? jobInputs[name]!.default) : whole,
    )
  const { work, artifacts, artifactRules: rules, caches, image, services } = plan
  return {
    ...plan,
    ...(work.kind === 'script' && {
      work: { ...work, phases: work.phases.map(phase => ({ ...phase, steps: phase.steps.map(put) })) },
    }),
    artifacts: artifacts.map(put),
    ...(rules && {
      artifactRules: {
        ...rules,
        exclude: rules.exclude.map(put),
        ...(rules.name !== undefined && { name: put(rules.name) }),
      },
    }),
    ...(caches && {
      caches: caches.map(cache => ({
        ...cache,
        ...(cache.key.kind === 'text' && { key: { kind: 'text', text: put(cache.key.text) } as const }),
        paths: cache.paths.map(put),
        policy: put(cache.policy),
      })),
    }),
    ...(image && { image: { ...image, name: put(image.name) } }),
    ...(services && { services: services.map(service => ({ ...service, name: put(service.name) })) }),
  }
}

function textOf(value: InputValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Why a job does not take these values; undefined where it does. */
export function whyNotTaken(inputs: PlannedJob['jobInputs'], given: GivenInputs): string | undefined {
  for (const [name, value] of Object.entries(given)) {
    if (!inputs || !Object.hasOwn(inputs, name)) return `it has no input '${name.slice(0, 100)}'`
    const expected = misfit(inputs[name]!, value)
    if (expected !== undefined) return `its input '${name}' takes ${expected}`
  }
  return undefined
}

/** What an input takes instead of a value; undefined where it takes it. */
export function misfit(
  { type, options, regex }: Omit<JobInput, 'default'>,
  value: InputValue,
): string | undefined {
  // Whoever gives a text from a command line can't tell it from a number.
  const given = type === 'string' && typeof value !== 'object' ? String(value) : value
  const isType = type === 'array' ? Array.isArray(given) : typeof given === type
  if (!isType) return type === 'array' ? 'an array' : `a ${type}`
  const values = Array.isArray(given) ? given : [given]
  if (options && !values.every(each => options.includes(each)))
    return `one of ${options.join(', ').slice(0, 300)}`
  const pattern = regex === undefined ? undefined : compilePattern(regex, '')
  const matches = pattern?.kind !== 'pattern' || pattern.pattern.matches(String(given))
  return matches ? undefined : `what matches ${regex}`
}
