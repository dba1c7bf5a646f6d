import { INPUT_COUNTS, OUTPUT_NAMES } from './op-arguments.ts'

/** What an input of a node names: an output of a node, or an argument of the function. */
export interface Reference {
  readonly node: string
  /** The output's own name, where a function's node is called by it: `Split:output:1`. */
  readonly output?: string
  /** Of the output, or of the item in the list that `output` names. */
  readonly index: number
}

/** `name`, `name:1`, and in functions `name:output` and `name:output:1`. Undefined for what is none of them. */
export function parseReference(text: string): Reference | undefined {
  const [node = '', second, third, ...more] = text.split(':')
  if (node === '' || more.length > 0) return undefined
  if (second === undefined) return { node, index: 0 }
  const index = indexOf(third ?? second)
  if (third === undefined && index !== undefined) return { node, index }
  if (third === undefined) return { node, output: second, index: 0 }
  return index === undefined ? undefined : { node, output: second, index }
}

function indexOf(text: string): number | undefined {
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined
}

const OUTPUTS = new Map(
  OUTPUT_NAMES.map(line => {
    const [op = '', ...names] = line.split(' ')
    return [op, names] as const
  }),
)

/** The number of the output that a reference names. Undefined where the op has no such output. */
export function outputOf(op: string, { output, index }: Reference): number | undefined {
  const names = OUTPUTS.get(op)
  if (output === undefined || !names) return index
  const at = names.findIndex(name => name.replace('*', '') === output)
  // Where a list stands before it, its number depends on the list's length.
  const lists = names.slice(0, at).some(name => name.endsWith('*'))
  return at < 0 || lists ? undefined : at + index
}

const COUNTS = new Map(
  INPUT_COUNTS.flatMap(line => {
    const [count = '', ...ops] = line.split(' ')
    const [least, more] = [Number.parseInt(count, 10), count.endsWith('+')]
    return ops.map(op => [op, { least, more }] as const)
  }),
)

/** How many values an op takes; undefined for ops that are not known here. */
export function inputCount(op: string): { readonly least: number; readonly more: boolean } | undefined {
  return COUNTS.get(op)
}
