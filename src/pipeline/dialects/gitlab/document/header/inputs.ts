import type { Location } from '../../../../../core/index.ts'
import { type Located, quote, showFound } from '../../../../yaml/located.ts'
import type { DocumentFindings } from '../findings.ts'
import { isNothing } from '../read.ts'
import { holds, inputsOf } from './condition.ts'
import type { InputRule, InputSpec, InputType } from './types.ts'

/** Values that are given to a file: by whoever includes it, or with the trigger. */
export interface GivenInputs {
  /** Where a missing one is told. */
  readonly at: Location
  readonly values: ReadonlyMap<string, Located>
}

/**
 * The values that a file's blocks stand for. Undefined, with all findings, where one is missing, unknown, or not
 * what the file takes. Rules are asked once the inputs that they look at are known, whatever the order.
 */
export function resolveInputs(
  specs: ReadonlyMap<string, InputSpec>,
  given: GivenInputs,
  findings: DocumentFindings,
): ReadonlyMap<string, Located> | undefined {
  const before = findings.errors
  for (const [name, { at }] of given.values) {
    if (specs.has(name)) continue
    findings.error(
      at,
      'INPUT_UNKNOWN',
      `There is no input ${quote(name)}`,
      findings.nearest(name, [...specs.keys()]),
    )
  }
  const resolved = new Map<string, Located>()
  for (const spec of inOrder(specs, findings)) {
    const value = resolveInput(spec, given, resolved, findings)
    if (value) resolved.set(spec.name, value)
  }
  return findings.errors > before ? undefined : resolved
}

/** Inputs after those that their rules ask for. */
function inOrder(specs: ReadonlyMap<string, InputSpec>, findings: DocumentFindings): readonly InputSpec[] {
  const done = new Set<string>()
  const ordered: InputSpec[] = []
  const asksFor = (spec: InputSpec) => (spec.rules ?? []).flatMap(rule => (rule.if ? inputsOf(rule.if) : []))
  let waiting = [...specs.values()]
  while (waiting.length > 0) {
    const ready = waiting.filter(spec => asksFor(spec).every(name => done.has(name) || !specs.has(name)))
    if (ready.length === 0) {
      const names = waiting.map(({ name }) => quote(name)).join(', ')
      findings.error(
        waiting[0]!.at,
        'INPUT_INVALID',
        `The rules of ${names.slice(0, 200)} ask for each other`,
      )
      return ordered
    }
    for (const spec of ready) done.add(spec.name)
    ordered.push(...ready)
    waiting = waiting.filter(({ name }) => !done.has(name))
  }
  return ordered
}

function resolveInput(
  spec: InputSpec,
  given: GivenInputs,
  resolved: ReadonlyMap<string, Located>,
  findings: DocumentFindings,
): Located | undefined {
  const rule: InputRule = spec.rules ? (ruleOf(spec.rules, resolved) ?? {}) : spec
  const standard = rule.default && !(spec.rules && isNothing(rule.default)) ? rule.default : undefined
  if (standard && !fits(standard, 'default', spec, rule, findings)) return undefined
  const value = given.values.get(spec.name)
  if (value && !isNothing(value)) {
    return fits(value, 'value', spec, rule, findings) ? value : undefined
  }
  if (standard) return standard
  return findings.error(given.at, 'INPUT_MISSING', `The input ${quote(spec.name)} has no value`, {
    expected: withArticle(spec.type),
    hint: 'give it below inputs:, or a default in spec: inputs:',
  })
}

function ruleOf(rules: readonly InputRule[], inputs: ReadonlyMap<string, Located>): InputRule | undefined {
  return rules.find(rule => !rule.if || holds(rule.if, inputs))
}

function fits(
  value: Located,
  what: 'default' | 'value',
  spec: InputSpec,
  rule: InputRule,
  findings: DocumentFindings,
): boolean {
  const wrong = (expected: string, found = value): false => {
    const message = `Bad ${what} of the input ${quote(spec.name)}`
    findings.error(found.at, 'INPUT_INVALID', message, { expected, found: showFound(found) })
    return false
  }
  if (!isOfType(value, spec.type)) return wrong(withArticle(spec.type))
  const { options } = rule
  if (options) {
    const chosen = value.kind === 'list' ? value.items : [value]
    const allowed = new Set(options.map(scalarOf))
    const other = chosen.find(one => !allowed.has(scalarOf(one)))
    if (other) return wrong(`one of ${options.map(showFound).join(', ').slice(0, 300)}`, other)
  }
  const { regex } = spec
  if (regex && value.kind === 'scalar' && !regex.matches(String(value.value))) {
    return wrong(`what matches ${quote(regex.source).slice(1, -1)}`)
  }
  return true
}

function withArticle(type: InputType): string {
  return type === 'array' ? 'an array' : `a ${type}`
}

function scalarOf(node: Located): unknown {
  return node.kind === 'scalar' ? node.value : node
}

function isOfType(node: Located, type: InputType): boolean {
  if (type === 'array') return node.kind === 'list'
  return node.kind === 'scalar' && typeof node.value === type
}
