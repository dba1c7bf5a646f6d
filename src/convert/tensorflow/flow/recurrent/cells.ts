import type { Reference } from '../../../../formats/tensorflow/index.ts'
import type { Term } from './terms.ts'

/** A cell that ONNX has an operator for, as it was found in a loop. */
export interface FoundCell {
  readonly kind: 'LSTM' | 'GRU' | 'RNN'
  /** The number of the list that it goes over. */
  readonly list: number
  /** Numbers of its states: the output, and the cell of an LSTM. */
  readonly states: readonly number[]
  /** Letters of ONNX's gates, in the order in which the kernels have them. */
  readonly gates: string
  /** Functions in the order of ONNX's `activations`. */
  readonly functions: readonly string[]
  readonly kernel: Reference
  readonly recurrentKernel: Reference
  readonly bias?: Reference
  readonly recurrentBias?: Reference
}

type Of<K extends Term['kind']> = Extract<Term, { readonly kind: K }>

/** The two of a pair in the order in which `first` holds for one of them. */
function ordered<T extends Term>(
  pair: readonly Term[],
  first: (term: Term) => term is T,
): readonly [T, Term] | undefined {
  const [a, b] = pair
  if (pair.length !== 2 || !a || !b) return undefined
  if (first(a)) return [a, b]
  return first(b) ? [b, a] : undefined
}

const is =
  <K extends Term['kind']>(kind: K) =>
  (term: Term): term is Of<K> =>
    term.kind === kind

const isFunction = is('function')

/** x·K, h·R and a bias, one after the other. */
interface Affine {
  readonly list: number
  readonly state: number
  readonly kernel: Reference
  readonly recurrentKernel: Reference
  readonly bias?: Reference
}

function affine(term: Term): Affine | undefined {
  if (term.kind !== 'sum') return undefined
  const products = term.terms.filter(is('matmul'))
  const others = term.terms.filter(one => one.kind !== 'matmul')
  const x = products.find(({ a }) => a.kind === 'step')
  const h = products.find(({ a }) => a.kind === 'before')
  const [bias] = others
  if (products.length !== 2 || others.length > 1 || (bias && bias.kind !== 'fixed')) return undefined
  if (x?.a.kind !== 'step' || x.b.kind !== 'fixed' || h?.a.kind !== 'before' || h.b.kind !== 'fixed')
    return undefined
  return {
    list: x.a.list,
    state: h.a.index,
    kernel: x.b.reference,
    recurrentKernel: h.b.reference,
    ...(bias && { bias: bias.reference }),
  }
}

/** A matrix product with its bias: of the step, or of the state. */
function product(
  term: Term,
): { readonly of: Term; readonly kernel: Reference; readonly bias?: Reference } | undefined {
  const terms = term.kind === 'sum' ? term.terms : [term]
  const matmul = terms.find(is('matmul'))
  const [bias] = terms.filter(one => one !== matmul)
  if (matmul?.b.kind !== 'fixed' || terms.length > 2 || (bias && bias.kind !== 'fixed')) return undefined
  return { of: matmul.a, kernel: matmul.b.reference, ...(bias && { bias: bias.reference }) }
}

/** Which of a matrix's `gates` parts a term is, where all of them have `units` columns. */
function gateOf(
  term: Term,
  units: number,
  gates: number,
): { readonly of: Term; readonly index: number } | undefined {
  if (term.kind === 'part') return term.count === gates ? { of: term.of, index: term.index } : undefined
  if (term.kind !== 'columns') return undefined
  const index = term.from / units
  const whole = index === gates - 1 ? (term.to ?? gates * units) : term.to
  return Number.isInteger(index) && whole === (index + 1) * units ? { of: term.of, index } : undefined
}

/** The letters by the numbers of their gates; undefined where they are not all there, each once. */
function lettersOf(found: Readonly<Record<string, number>>): string | undefined {
  const entries = Object.entries(found).toSorted(([, a], [, b]) => a - b)
  return entries.every(([, index], i) => index === i) ? entries.map(([letter]) => letter).join('') : undefined
}

/**
 * c′ = σ(z_f)·c + σ(z_i)·g(z_c), h′ = σ(z_o)·g(c′), z = x·K + h·R + b, where `results` are h′ and c′ of the values
 * `states`.
 */
export function lstmOf(
  results: readonly Term[],
  states: readonly number[],
  units: number,
): FoundCell | undefined {
  const [output, cell] = results
  const [h, c] = states
  if (output?.kind !== 'product' || cell?.kind !== 'sum' || cell.terms.length !== 2) return undefined
  const squashed = output.factors.find(one => isFunction(one) && one.of === cell)
  const open = output.factors.find(one => one !== squashed)
  if (!squashed || !isFunction(squashed) || !open || !isFunction(open)) return undefined
  const kept = cell.terms.find(
    one => one.kind === 'product' && one.factors.some(({ kind }) => kind === 'before'),
  )
  const added = cell.terms.find(one => one !== kept)
  if (kept?.kind !== 'product' || added?.kind !== 'product') return undefined
  const forget = ordered(kept.factors, isFunction)
  if (forget?.[1].kind !== 'before' || forget[1].index !== c) return undefined
  const [one, two] = added.factors
  if (!isFunction(one) || !isFunction(two)) return undefined
  const [input, candidate] = one.name === open.name && two.name === squashed.name ? [one, two] : [two, one]
  const gates = { o: open, f: forget[0], i: input, c: candidate }
  const parts = Object.values(gates).map(({ of }) => gateOf(of, units, 4))
  const z = parts[0]?.of
  if (!z || parts.some(part => part?.of !== z)) return undefined
  const names = [open, forget[0], input].map(({ name }) => name)
  if (new Set(names).size > 1 || candidate.name !== squashed.name) return undefined
  const letters = lettersOf(
    Object.fromEntries(Object.keys(gates).map((letter, i) => [letter, parts[i]!.index])),
  )
  const found = affine(z)
  if (!letters || !found || found.state !== h || h === undefined || c === undefined) return undefined
  return {
    ...found,
    kind: 'LSTM',
    states: [h, c],
    gates: letters,
    functions: [open.name, squashed.name, squashed.name],
  }
}

/**
 * h′ = z·h + (1 − z)·g(x_h + r·h_h), z = σ(x_z + h_z), r = σ(x_r + h_r), where x_ are parts of x·K + b and h_ those of
 * h·R + b′.
 */
export function gruOf(
  [result]: readonly Term[],
  [h]: readonly number[],
  units: number,
): FoundCell | undefined {
  if (result?.kind !== 'sum' || result.terms.length !== 2 || h === undefined) return undefined
  const kept = result.terms.find(
    one => one.kind === 'product' && one.factors.some(({ kind }) => kind === 'before'),
  )
  const added = result.terms.find(one => one !== kept)
  if (kept?.kind !== 'product' || added?.kind !== 'product') return undefined
  const update = ordered(kept.factors, isFunction)
  const rest = ordered(added.factors, is('rest'))
  if (update?.[1].kind !== 'before' || update[1].index !== h || rest?.[0].of !== update[0]) return undefined
  const candidate = rest[1]
  if (!isFunction(candidate) || candidate.of.kind !== 'sum') return undefined
  const inner = ordered(candidate.of.terms, is('product'))
  const reset = inner && ordered(inner[0].factors, isFunction)
  if (!inner || !reset || reset[0].name !== update[0].name) return undefined
  const z = pairOf(update[0].of, units)
  const r = pairOf(reset[0].of, units)
  const [xh, hh] = [gateOf(inner[1], units, 3), gateOf(reset[1], units, 3)]
  if (!z || !r || !xh || !hh || xh.index !== hh.index) return undefined
  const sides =
    [z, r].every(pair => pair.sides.includes(xh.of) && pair.sides.includes(hh.of)) && xh.of !== hh.of
  const letters = lettersOf({ z: z.index, r: r.index, h: xh.index })
  const [fromX, fromH] = [product(xh.of), product(hh.of)]
  if (!sides || !letters || fromX?.of.kind !== 'step' || fromH?.of.kind !== 'before' || fromH.of.index !== h)
    return undefined
  return {
    kind: 'GRU',
    list: fromX.of.list,
    states: [h],
    gates: letters,
    functions: [update[0].name, candidate.name],
    kernel: fromX.kernel,
    recurrentKernel: fromH.kernel,
    ...(fromX.bias && { bias: fromX.bias }),
    ...(fromH.bias && { recurrentBias: fromH.bias }),
  }
}

/** x_k + h_k: the two matrices, and the number of the gate. */
function pairOf(
  term: Term,
  units: number,
): { readonly sides: readonly Term[]; readonly index: number } | undefined {
  const parts = term.kind === 'sum' ? term.terms.map(one => gateOf(one, units, 3)) : []
  const [a, b] = parts
  if (parts.length !== 2 || !a || !b || a.index !== b.index) return undefined
  return { sides: [a.of, b.of], index: a.index }
}

/** h′ = g(x·K + h·R + b). */
export function rnnOf([result]: readonly Term[], [h]: readonly number[]): FoundCell | undefined {
  const found = result && isFunction(result) ? affine(result.of) : undefined
  if (!found || !result || !isFunction(result) || found.state !== h || h === undefined) return undefined
  return { ...found, kind: 'RNN', states: [h], gates: 'h', functions: [result.name] }
}
