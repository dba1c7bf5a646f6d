import type { Located } from '../../../../yaml/located.ts'

/** `$[[ inputs.a ]] == 'x' && $[[ inputs.b ]] != true`: one alternative of `||` is a list joined by `&&`. */
export type Condition = readonly (readonly Comparison[])[]

interface Comparison {
  readonly left: Operand
  readonly right: Operand
  readonly equal: boolean
}

type Operand = { readonly input: string } | { readonly value: string | number | boolean | null }

const MAX_CONDITION = 4096
const OPERAND =
  /\$\[\[\s*inputs\.([^\s\]|]+)\s*\]\]|"([^"]*)"|'([^']*)'|(true|false|null)\b|(-?\d+(?:\.\d+)?)\b/y
const OPERATOR = /\s*(==|!=)\s*/y
const JOIN = /\s*(&&|\|\|)\s*/y

/** Undefined where it is no condition as rules of inputs have them. */
export function parseCondition(text: string): Condition | undefined {
  if (text.length > MAX_CONDITION) return undefined
  const source = text.trim()
  let offset = 0
  const take = (pattern: RegExp) => {
    pattern.lastIndex = offset
    const match = pattern.exec(source)
    if (match) offset = pattern.lastIndex
    return match
  }
  const alternatives: Comparison[][] = [[]]
  for (;;) {
    const left = operand(take(OPERAND))
    const operator = left && take(OPERATOR)
    const right = operator && operand(take(OPERAND))
    if (!left || !operator || !right) return undefined
    alternatives.at(-1)!.push({ left, right, equal: operator[1] === '==' })
    if (offset === source.length) return alternatives
    const join = take(JOIN)
    if (!join) return undefined
    if (join[1] === '||') alternatives.push([])
  }
}

function operand(match: RegExpExecArray | null): Operand | undefined {
  if (!match) return undefined
  const [, input, double, single, word, number] = match
  if (input !== undefined) return { input }
  if (word !== undefined) return { value: word === 'null' ? null : word === 'true' }
  return { value: number === undefined ? (double ?? single ?? '') : Number(number) }
}

/** Names of the inputs that a condition asks for. */
export function inputsOf(condition: Condition): readonly string[] {
  const operands = condition.flat().flatMap(({ left, right }) => [left, right])
  return operands.flatMap(one => ('input' in one ? [one.input] : []))
}

export function holds(condition: Condition, inputs: ReadonlyMap<string, Located>): boolean {
  const valueIn = (one: Operand) => {
    if ('value' in one) return one.value
    const found = inputs.get(one.input)
    return found?.kind === 'scalar' ? found.value : null
  }
  return condition.some(all =>
    all.every(({ left, right, equal }) => (valueIn(left) === valueIn(right)) === equal),
  )
}
