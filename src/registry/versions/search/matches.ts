import type { Comparison, SearchFacts, SearchField, SearchTerm } from './types.ts'

const COMPARE: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '=': (a, b) => a === b,
}

const VALUES: Readonly<Record<Exclude<SearchField, 'is'>, (facts: SearchFacts) => readonly string[]>> = {
  model: facts => [facts.model],
  project: facts => [facts.project],
  format: facts => optional(facts.format),
  scan: facts => optional(facts.scan),
  alias: facts => facts.aliases,
  stage: facts => facts.stages,
  parent: facts => optional(facts.parent === undefined ? undefined : String(facts.parent)),
  commit: facts => [facts.commit],
  digest: facts => [facts.digest.replace(/^sha256:/, '')],
  data: facts => facts.data.map(digest => digest.replace(/^sha256:/, '')),
}

const STATES: Readonly<Record<string, (facts: SearchFacts) => boolean>> = {
  serving: facts => facts.stages.length > 0,
  expired: facts => facts.expired,
  imported: facts => facts.imported,
  aliased: facts => facts.aliases.some(name => name !== 'latest'),
}

/** Whether all conditions hold. A metric that a version has not is no match, whatever the comparison. */
export function matches(terms: readonly SearchTerm[], facts: SearchFacts): boolean {
  return terms.every(term => holds(term, facts))
}

function holds(term: SearchTerm, facts: SearchFacts): boolean {
  switch (term.kind) {
    case 'since':
      return facts.createdAt >= term.at
    case 'until':
      return facts.createdAt < term.at
    case 'metric': {
      const value = Object.hasOwn(facts.metrics, term.metric) ? facts.metrics[term.metric] : undefined
      return value !== undefined && COMPARE[term.comparison](value, term.value)
    }
    case 'text': {
      const wanted = term.text.toLowerCase()
      const found = [facts.model, `${facts.model}@v${facts.number}`, ...facts.files].some(name =>
        name.toLowerCase().includes(wanted),
      )
      return found !== term.not
    }
    case 'field':
      return fits(term.field, term.value, facts) !== term.not
  }
}

function fits(field: SearchField, value: string, facts: SearchFacts): boolean {
  if (field === 'is') return STATES[value]?.(facts) ?? false
  const byBeginning = field === 'commit' || field === 'digest' || field === 'data'
  return VALUES[field](facts).some(found =>
    byBeginning ? found.startsWith(value.toLowerCase()) : like(value.toLowerCase(), found.toLowerCase()),
  )
}

/** `*` stands for any characters. Walks once over the text for each part: no pattern takes longer than its length. */
function like(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return text === first
  if (!text.startsWith(first)) return false
  const last = rest.pop() ?? ''
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}

function optional(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value]
}
