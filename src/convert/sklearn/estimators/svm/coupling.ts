import type { Value } from '../../../graph/types.ts'
import type { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { rowsOf } from '../../columns.ts'
import { pairsOf } from './pairs.ts'

/** libsvm's bounds of a pair's probability. */
const LEAST = 1e-7
/** libsvm stops at an error of this, divided by the number of classes. */
const PRECISION = 0.005
/** Turns that libsvm takes at most, or as many as there are classes. */
const MAX_TURNS = 100

/**
 * Probabilities of classes float64 [N, C] from the decisions of their pairs: Platt's sigmoid of each, coupled as libsvm
 * does it (Wu, Lin and Weng 2004, "Probability Estimates for Multi-class Classification by Pairwise Coupling", algorithm
 * 2). It stops early, also for two classes, so that its turns must be the same ones: rows that have converged stay as
 * they are while others go on.
 */
export async function coupled(
  m: Arithmetic,
  decisions: Value,
  { a, b, classes }: { readonly a: Float64Array; readonly b: Float64Array; readonly classes: number },
): Promise<Value> {
  const { emitter } = m
  const rows = rowsOf(decisions)
  const q = quadratic(m, decisions, { a, b, classes })
  const start = m.repeated(m.numbers(new Float64Array(classes).fill(1 / classes), [1, classes]), decisions)
  const turns = emitter.scalar('int64', Math.max(MAX_TURNS, classes))
  const body = await emitter.body(
    'coupling',
    [
      { dtype: 'int64', shape: [] },
      { dtype: 'bool', shape: [] },
      { dtype: 'float64', shape: [rows, classes] },
    ],
    async (inner, [, , p]) => {
      const n = m.at(inner)
      const { qp, pqp } = products(n, q, p!)
      const error = n.most(n.of('Abs', n.sub(qp, pqp)), 1, 'kept')
      const open = n.greaterOrEqual(error, PRECISION / classes)
      const better = await turned(n, { q, p: p!, qp, pqp }, classes)
      const any = n.most(n.cast(open, 'int64'), 0)
      return [n.squeeze(n.cast(any, 'bool'), 0), n.where(open, better, p!)]
    },
  )
  return emitter.op('Loop', [turns, emitter.scalar('bool', 1), start], {
    attributes: { body: { graph: body } },
    types: [{ dtype: 'float64', shape: [rows, classes] }],
  })
}

interface State {
  /** [N, C, C]. */
  readonly q: Value
  /** [N, C]. */
  readonly p: Value
  /** Qp [N, C]. */
  readonly qp: Value
  /** pᵀQp [N, 1]. */
  readonly pqp: Value
}

/** One turn: each class's p moves to where its own equation holds, and all are scaled to sum to 1 again. */
async function turned(m: Arithmetic, { q, p, qp, pqp }: State, classes: number): Promise<Value> {
  const { emitter } = m
  const types = [p, qp, pqp].map(({ dtype, shape }) => ({ dtype, ...(shape && { shape }) }))
  const unit = m.numbers(
    Array.from({ length: classes * classes }, (_, i) => (i % (classes + 1) === 0 ? 1 : 0)),
    [classes, classes],
  )
  const body = await emitter.body(
    'class',
    [{ dtype: 'int64', shape: [] }, { dtype: 'bool', shape: [] }, ...types],
    async (inner, [t, go, p0, qp0, pqp0]) => {
      const n = m.at(inner)
      const row = n.gather(q, t!, 1)
      const mask = n.gather(unit, t!, 0)
      const own = (x: Value) => n.sum(n.mul(x, mask), 1, 'kept')
      const [qtt, qpt] = [own(row), own(qp0!)]
      const step = n.div(n.sub(pqp0!, qpt), qtt)
      const scale = n.add(step, 1)
      const gained = n.mul(step, n.add(n.mul(step, qtt), n.mul(qpt, 2)))
      return [
        inner.op('Identity', [go]),
        n.div(n.add(p0!, n.mul(mask, step)), scale),
        n.div(n.add(qp0!, n.mul(step, row)), scale),
        n.div(n.div(n.add(pqp0!, gained), scale), scale),
      ]
    },
  )
  const [better] = emitter.ops(
    'Loop',
    [emitter.scalar('int64', classes), emitter.scalar('bool', 1), p, qp, pqp],
    3,
    {
      attributes: { body: { graph: body } },
      types,
    },
  )
  return better!
}

function products(m: Arithmetic, q: Value, p: Value): Pick<State, 'qp' | 'pqp'> {
  const qp = m.squeeze(m.matmul(q, m.unsqueeze(p, 2)), 2)
  return { qp, pqp: m.sum(m.mul(p, qp), 1, 'kept') }
}

/** Q of the quadratic form: off the diagonal −r_ji r_ij, on it Σ r_jt² over the other classes j. */
function quadratic(
  m: Arithmetic,
  decisions: Value,
  { a, b, classes }: { readonly a: Float64Array; readonly b: Float64Array; readonly classes: number },
): Value {
  const sigmoid = m.of('Sigmoid', m.of('Neg', m.add(m.mul(decisions, m.numbers(a)), m.numbers(b))))
  const first = m.min(m.max(sigmoid, LEAST), 1 - LEAST)
  const second = m.sub(1, first)
  const pairs = pairsOf(classes)
  // Pairs of [first, second, 0] for every place of the matrix r, with 0 on the diagonal.
  const all = m.concat([first, second, m.mul(m.gather(first, [0], 1), 0)], 1)
  const place = new Map(
    pairs.flatMap(
      ([i, j], k) =>
        [
          [i * classes + j, k],
          [j * classes + i, pairs.length + k],
        ] as const,
    ),
  )
  const at = (transposed: boolean) =>
    Array.from({ length: classes * classes }, (_, k) => {
      const [i, j] = [Math.floor(k / classes), k % classes]
      return place.get(transposed ? j * classes + i : k) ?? 2 * pairs.length
    })
  const shape = m.emitter.ints([-1, classes, classes])
  const square = (places: readonly number[]) => m.emitter.op('Reshape', [m.gather(all, places, 1), shape])
  const [r, turned] = [square(at(false)), square(at(true))]
  const diagonal = m.numbers(
    Array.from({ length: classes * classes }, (_, k) => (k % (classes + 1) === 0 ? 1 : 0)),
    [1, classes, classes],
  )
  // Row t of `turned` has r_jt for all j.
  return m.sub(m.mul(diagonal, m.sum(m.square(turned), 2, 'kept')), m.mul(r, turned))
}
