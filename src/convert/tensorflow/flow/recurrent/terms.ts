import type { ProgramNode, Reference } from '../../../../formats/tensorflow/index.ts'
import { originOf, type Scope } from '../../scope.ts'
import { constantNumbers } from '../../static.ts'
import type { Role } from '../plan.ts'

/** What a loop's body computes, as a formula: without names, and without the order of terms and factors. */
export type Term =
  /** The element of a list for this turn; `list` is the number of the loop's value. */
  | { readonly kind: 'step'; readonly list: number }
  /** A value as the turn before left it. */
  | { readonly kind: 'before'; readonly index: number }
  /** The same in all turns. */
  | { readonly kind: 'fixed'; readonly reference: Reference }
  | { readonly kind: 'sum'; readonly terms: readonly Term[] }
  | { readonly kind: 'product'; readonly factors: readonly [Term, Term] }
  | { readonly kind: 'matmul'; readonly a: Term; readonly b: Term }
  | { readonly kind: 'function'; readonly name: string; readonly of: Term }
  /** Columns `from` to `to` (to the last where it is absent); of a Split, one of `count` equal parts. */
  | { readonly kind: 'columns'; readonly of: Term; readonly from: number; readonly to?: number }
  | { readonly kind: 'part'; readonly of: Term; readonly index: number; readonly count: number }
  /** 1 − of. */
  | { readonly kind: 'rest'; readonly of: Term }
  | { readonly kind: 'choice'; readonly condition: Term; readonly yes: Term; readonly no: Term }
  | { readonly kind: 'other' }

const OTHER: Term = { kind: 'other' }

/** Nodes of one body that are looked at: a cell has some 40. */
const MAX_NODES = 400

const FUNCTIONS = new Set(['Sigmoid', 'Tanh', 'Relu', 'Softsign'])

/** Reads formulas out of a loop's body. The same node is always the same object. */
export class Terms {
  readonly #scope: Scope
  readonly #roles: readonly Role[]
  readonly #counters: ReadonlySet<number>
  readonly #known = new Map<string, Term>()
  #left = MAX_NODES

  /** `counters` are the values that count the turns from 0. */
  constructor(scope: Scope, roles: readonly Role[], counters: ReadonlySet<number>) {
    this.#scope = scope
    this.#roles = roles
    this.#counters = counters
  }

  async at(reference: Reference): Promise<Term> {
    const target = originOf(this.#scope, reference)
    if (target.kind === 'argument') {
      if (this.#roles[target.index]?.kind !== 'fixed') return { kind: 'before', index: target.index }
      return { kind: 'fixed', reference }
    }
    const key = `${target.node.name}:${target.output}`
    const known = this.#known.get(key)
    if (known) return known
    // A node that needs itself is none that is known.
    this.#known.set(key, OTHER)
    const term = --this.#left < 0 ? OTHER : await this.#of(target.node, target.output)
    this.#known.set(key, term)
    return term
  }

  async #of(node: ProgramNode, output: number): Promise<Term> {
    const { op, inputs, name } = node
    const [a, b, c] = inputs
    if (op === 'TensorListGetItem' || op === 'TensorArrayReadV3') return this.#element(node)
    const terms: Term[] = []
    for (const input of inputs) terms.push(await this.at(input))
    if (terms.every(({ kind }) => kind === 'fixed'))
      return { kind: 'fixed', reference: { node: name, index: output } }
    const [first, second, third] = terms
    if (!first || !a) return OTHER
    if (FUNCTIONS.has(op)) return { kind: 'function', name: op, of: first }
    if (op === 'Tile') return first.kind === 'step' ? first : OTHER
    if (!second || !b) return OTHER
    switch (op) {
      case 'Add':
      case 'AddV2':
      case 'BiasAdd':
        return {
          kind: 'sum',
          terms: [first, second].flatMap(term => (term.kind === 'sum' ? term.terms : [term])),
        }
      case 'Mul':
        return { kind: 'product', factors: [first, second] }
      case 'MatMul':
        return isPlain(node) ? { kind: 'matmul', a: first, b: second } : OTHER
      case '_FusedMatMul': {
        const product: Term = { kind: 'matmul', a: first, b: second }
        return third && isPlain(node) && isBiasOnly(node) ? { kind: 'sum', terms: [product, third] } : OTHER
      }
      case 'Sub':
        return (await this.#number(a)) === 1 ? { kind: 'rest', of: second } : OTHER
      case 'Split':
        return this.#part(node, second, output)
      case 'StridedSlice':
        return this.#columns(node, first)
      case 'Select':
      case 'SelectV2':
        return third && c ? { kind: 'choice', condition: first, yes: second, no: third } : OTHER
      default:
        return OTHER
    }
  }

  /** The element of a fixed list at the number of the turn. */
  #element({ op, inputs }: ProgramNode): Term {
    const at = op === 'TensorListGetItem' ? 0 : 2
    const [list, index] = [inputs[at], inputs[1]].map(input => input && originOf(this.#scope, input))
    if (list?.kind !== 'argument' || index?.kind !== 'argument') return OTHER
    const isFixed = this.#roles[list.index]?.kind === 'fixed'
    return isFixed && this.#counters.has(index.index) ? { kind: 'step', list: list.index } : OTHER
  }

  async #part({ inputs, attributes }: ProgramNode, of: Term, index: number): Promise<Term> {
    const axis = await this.#number(inputs[0]!)
    const count = attributes.get('num_split')
    if ((axis !== 1 && axis !== -1) || count?.kind !== 'int') return OTHER
    return { kind: 'part', of, index, count: Number(count.value) }
  }

  /** x[:, from:to] of a matrix. */
  async #columns({ inputs, attributes }: ProgramNode, of: Term): Promise<Term> {
    const mask = (name: string) => {
      const found = attributes.get(name)
      return found?.kind === 'int' ? Number(found.value) : 0
    }
    const bounds: (readonly number[] | undefined)[] = []
    for (const input of inputs.slice(1)) bounds.push(await constantNumbers(this.#scope, input))
    const [begin, end, strides] = bounds
    const others = mask('ellipsis_mask') | mask('new_axis_mask') | mask('shrink_axis_mask')
    if (begin?.length !== 2 || end?.length !== 2 || strides?.some(step => step !== 1) || others !== 0)
      return OTHER
    if ((mask('begin_mask') & 1) === 0 || (mask('end_mask') & 1) === 0) return OTHER
    const from = (mask('begin_mask') & 2) === 0 ? begin[1]! : 0
    const to = (mask('end_mask') & 2) === 0 ? end[1] : undefined
    return { kind: 'columns', of, from, ...(to !== undefined && { to }) }
  }

  async #number(reference: Reference): Promise<number | undefined> {
    const numbers = await constantNumbers(this.#scope, reference)
    return numbers?.length === 1 ? numbers[0] : undefined
  }
}

function isPlain({ attributes }: ProgramNode): boolean {
  return ['transpose_a', 'transpose_b'].every(name => {
    const value = attributes.get(name)
    return value?.kind !== 'bool' || !value.value
  })
}

/** Whether a fused product has a bias added, and nothing else done with it. */
function isBiasOnly({ attributes }: ProgramNode): boolean {
  const fused = attributes.get('fused_ops')
  const names = fused?.kind === 'list' ? fused.items : []
  return (
    names.length === 1 && names[0]?.kind === 'text' && Buffer.from(names[0].bytes).toString() === 'BiasAdd'
  )
}
