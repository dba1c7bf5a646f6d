import type { Estimator } from '../../formats/index.ts'
import type { GraphBuilder } from '../graph/builder.ts'
import type { Value } from '../graph/types.ts'
import { Columns, openValue } from './columns.ts'
import type { InputColumns } from './estimator.ts'
import { invalidAt } from './fitted/place.ts'
import { inputOf } from './names.ts'
import type { Run } from './run.ts'

/** Inputs of their own: a table of thousands of columns that are chosen by name is none that people make. */
const MAX_APART = 10_000

export interface Inputs {
  readonly columns: Columns
  readonly names: ReadonlySet<string>
}

/**
 * The inputs of the model, and what flows from them:
 *
 *   documents      `input` string [N]; labels `input` [N]
 *   columns apart  one input [N, 1] each, by its name in the DataFrame (`x0`, `x1` … where it had none)
 *   else           `input` float32 [N, n_features_in_]; int64 where whole numbers were learnt
 */
export async function declareInputs(run: Run, graph: GraphBuilder, estimator: Estimator): Promise<Inputs> {
  const input = (await run.input('', estimator)) ?? (await inputOf(run.look('', estimator)))
  if (!input)
    throw invalidAt(
      { path: 'the model', className: estimator.className, attribute: 'n_features_in_' },
      'is missing: how many columns it takes is not known',
    )
  if (input.kind !== 'columns') {
    const dtype = input.kind === 'target' ? input.type : 'string'
    const documents = graph.input('input', { dtype, shape: ['N'] })
    return { columns: new Columns([column(graph, documents)]), names: new Set(['input']) }
  }
  if (isApart(input)) return named(apart(graph, input))
  const dtype = input.types.includes('int64') ? 'int64' : 'float32'
  return named([graph.input('input', { dtype, shape: ['N', input.types.length] })])
}

function named(inputs: readonly Value[]): Inputs {
  return { columns: new Columns(inputs), names: new Set(inputs.map(({ name }) => name)) }
}

/** [N] to [N, 1]. */
function column(graph: GraphBuilder, documents: Value): Value {
  const emitter = graph.at({ name: 'input', kind: 'input' })
  return emitter.op('Reshape', [documents, emitter.ints([-1, 1])], {
    types: [{ dtype: documents.dtype, shape: ['N', 1] }],
  })
}

type Table = Extract<InputColumns, { readonly kind: 'columns' }>

/** Texts, and columns of several types, are one input each. */
function isApart({ types, names, apart: chosen }: Table): boolean {
  if (types.length > MAX_APART) return false
  if (types.some(type => type === 'string' || type === 'bool')) return true
  return names !== undefined && (chosen === true || new Set(types).size > 1)
}

/** Columns that nothing uses are no inputs: nobody has to send them. */
function apart(graph: GraphBuilder, { types, names }: Table): readonly Value[] {
  return types.map((type, i) =>
    type === 'unused'
      ? openValue('float32', ['N', 1])
      : graph.input(names?.[i] || `x${i}`, { dtype: type ?? 'float32', shape: ['N', 1] }),
  )
}
