import { type Located, quote, showFound } from '../../../../yaml/located.ts'
import { compilePattern, type Pattern } from '../../expression/pattern.ts'
import type { DocumentFindings } from '../findings.ts'
import { MAX_INPUT_OPTIONS, MAX_INPUTS } from '../limits.ts'
import { isNothing, mismatch, readMap, textOf, textsOf } from '../read.ts'
import { inputsOf, parseCondition } from './condition.ts'
import {
  COMPONENT_FIELDS,
  type ComponentField,
  INPUT_TYPES,
  type InputRule,
  type InputSpec,
  type Spec,
} from './types.ts'

const INPUT_KEYS = ['default', 'description', 'options', 'regex', 'rules', 'type']

/** Reads the header of a file: the document with `spec:`. Undefined, with findings, where it makes no sense. */
export function readSpec(header: Located, findings: DocumentFindings): Spec | undefined {
  const before = findings.errors
  const top = readMap(header, 'the header', ['spec'], findings)
  const node = top?.get('spec')?.value
  if (!node || isNothing(node)) return { inputs: new Map() }
  const spec = readMap(node, 'spec', ['inputs', 'include', 'component', 'description'], findings)
  const inputs = readInputs(spec?.get('inputs')?.value, findings)
  const component = readComponent(spec?.get('component')?.value, findings)
  const include = spec?.get('include')?.value
  return findings.errors > before
    ? undefined
    : { inputs, ...(component && { component }), ...(include && { include }) }
}

function readComponent(
  node: Located | undefined,
  findings: DocumentFindings,
): readonly ComponentField[] | undefined {
  const names = node ? textsOf(node, 'spec: component', 'BAD_VALUE', findings) : undefined
  if (!node || !names) return undefined
  const fields = COMPONENT_FIELDS.filter(field => names.includes(field))
  if (names.every(name => COMPONENT_FIELDS.some(field => field === name))) return fields
  return mismatch(node, 'spec: component', `a list of ${COMPONENT_FIELDS.join(', ')}`, 'BAD_VALUE', findings)
}

/** `inputs:` of a header, or of a file that a header includes. */
export function readInputs(
  node: Located | undefined,
  findings: DocumentFindings,
): ReadonlyMap<string, InputSpec> {
  const specs = new Map<string, InputSpec>()
  if (!node || isNothing(node)) return specs
  if (node.kind !== 'map') {
    mismatch(node, 'inputs', 'a map of inputs by name', 'INPUT_INVALID', findings)
    return specs
  }
  if (node.entries.length > MAX_INPUTS) {
    findings.error(node.at, 'TOO_LARGE', `There are more than ${MAX_INPUTS} inputs`)
    return specs
  }
  for (const { key, keyAt, value } of node.entries) {
    const spec = isNothing(value) ? { type: 'string' as const } : readInput(key, value, findings)
    if (spec) specs.set(key, { name: key, at: keyAt, ...spec })
  }
  return specs
}

type Body = Omit<InputSpec, 'name' | 'at'>

function readInput(name: string, node: Located, findings: DocumentFindings): Body | undefined {
  const what = `the input ${quote(name)}`
  const entries = readMap(node, what, INPUT_KEYS, findings)
  if (!entries) return undefined
  const typeNode = entries.get('type')?.value
  const type = INPUT_TYPES.find(known => known === (typeNode ? textOf(typeNode) : 'string'))
  if (!type) {
    return findings.error(typeNode!.at, 'INPUT_INVALID', `Bad type of ${what}`, {
      expected: INPUT_TYPES.join(', '),
      found: showFound(typeNode!),
    })
  }
  const given = entries.get('default')?.value
  const options = readOptions(entries.get('options')?.value, what, findings)
  const regex = readRegex(entries.get('regex')?.value, type, what, findings)
  const rules = readRules(entries.get('rules')?.value, what, findings)
  if (rules && (given || options)) {
    return findings.error(node.at, 'INPUT_INVALID', `${what} has rules: its options and default belong there`)
  }
  return {
    type,
    ...(given && { default: given }),
    ...(options && { options }),
    ...(regex && { regex }),
    ...(rules && { rules }),
  }
}

function readOptions(
  node: Located | undefined,
  what: string,
  findings: DocumentFindings,
): readonly Located[] | undefined {
  if (!node) return undefined
  if (node.kind !== 'list' || node.items.length === 0 || node.items.length > MAX_INPUT_OPTIONS) {
    const expected = `a list of 1 to ${MAX_INPUT_OPTIONS} values`
    return mismatch(node, `options of ${what}`, expected, 'INPUT_INVALID', findings)
  }
  return node.items
}

function readRegex(
  node: Located | undefined,
  type: string,
  what: string,
  findings: DocumentFindings,
): Pattern | undefined {
  if (!node) return undefined
  if (type !== 'string')
    return findings.error(node.at, 'INPUT_INVALID', `regex of ${what}: only strings have one`)
  const text = textOf(node)
  if (text === undefined)
    return mismatch(node, `regex of ${what}`, 'an RE2 expression', 'INPUT_INVALID', findings)
  const compiled = compilePattern(text, '')
  if (compiled.kind === 'pattern') return compiled.pattern
  const { message, hint } = compiled.problem
  return findings.error(
    node.at,
    'INPUT_INVALID',
    `regex of ${what}: ${message}`,
    hint === undefined ? {} : { hint },
  )
}

function readRules(
  node: Located | undefined,
  what: string,
  findings: DocumentFindings,
): readonly InputRule[] | undefined {
  if (!node) return undefined
  if (node.kind !== 'list' || node.items.length > MAX_INPUT_OPTIONS) {
    const expected = `a list of at most ${MAX_INPUT_OPTIONS} rules`
    return mismatch(node, `rules of ${what}`, expected, 'INPUT_INVALID', findings)
  }
  const rules = node.items.map(item => readRule(item, what, findings))
  return rules.filter(rule => rule !== undefined)
}

function readRule(node: Located, what: string, findings: DocumentFindings): InputRule | undefined {
  const entries = readMap(node, `a rule of ${what}`, ['if', 'options', 'default'], findings)
  if (!entries) return undefined
  const written = entries.get('if')?.value
  const text = written && textOf(written)
  const condition = text === undefined ? undefined : parseCondition(text)
  if (written && !condition) {
    const expected = "comparisons such as $[[ inputs.name ]] == 'value', joined by && and ||"
    return mismatch(written, `a rule of ${what}`, expected, 'INPUT_INVALID', findings)
  }
  if (condition && inputsOf(condition).length === 0) {
    return findings.error(written!.at, 'INPUT_INVALID', `A rule of ${what} asks for no input`)
  }
  const options = readOptions(entries.get('options')?.value, what, findings)
  const given = entries.get('default')?.value
  return {
    ...(condition && { if: condition }),
    ...(options && { options }),
    ...(given && { default: given }),
  }
}
