import { nearestName } from '../../core/index.ts'
import { formatSpec, resolveBatchAxis } from '../signature.ts'
import type { ModelConfig, ModelSignature, TensorSpec } from '../types.ts'
import { columnsInvalid } from './check.ts'
import { type Encoder, encoderOf } from './encode.ts'
import type { TableColumn } from './types.ts'

/** A column's place in its input. */
export interface Placed {
  /** Among the columns. */
  readonly index: number
  readonly column: TableColumn
  readonly encoder: Encoder
  /** First of its elements within a row. */
  readonly offset: number
}

/** An input, and the columns that fill it, in their order. */
export interface FilledInput {
  readonly spec: TensorSpec
  /** Elements of a row. */
  readonly width: number
  /** Of one row, without the axis of the rows. */
  readonly rowShape: readonly number[]
  /** False where the input has no axis for rows: it takes one. */
  readonly takesRows: boolean
  readonly placed: readonly Placed[]
}

/**
 * Which input each column goes to: the one that it names, else the one of its own name, else the one that is left
 * (`model.input`, the only one, or the only one that no column has by name). Throws COLUMNS_INVALID where columns and
 * inputs do not come out even.
 */
export function assignColumns(
  columns: readonly TableColumn[],
  signature: ModelSignature,
  config: Pick<ModelConfig, 'input'>,
): readonly FilledInput[] {
  const targets = columns.map(column => namedTarget(column, signature))
  const rest = restOf(signature, config, targets)
  return signature.inputs.map(spec => {
    const placed: Placed[] = []
    let width = 0
    columns.forEach((column, index) => {
      if ((targets[index] ?? rest(column)) !== spec) return
      const encoder = encoderOf(column, spec.dtype)
      placed.push({ index, column, encoder, offset: width })
      width += encoder.width
    })
    if (placed.length === 0)
      throw columnsInvalid(
        `No column goes to the input ${formatSpec(spec)}`,
        'Name the input at a column (`input:`), or call a column as it.',
      )
    return { spec, placed, width, ...rowOf(spec, width) }
  })
}

function namedTarget({ name, input }: TableColumn, { inputs }: ModelSignature): TensorSpec | undefined {
  const found = inputs.find(spec => spec.name === (input ?? name))
  if (found !== undefined || input === undefined) return found
  const names = inputs.map(spec => spec.name)
  const nearest = nearestName(input, names)
  throw columnsInvalid(
    `The column '${name}' goes to the input '${input}', and the model has ${names.join(', ') || 'none'}`,
    nearest === undefined ? 'Name one of them.' : `Did you mean '${nearest}'?`,
  )
}

function restOf(
  { inputs }: ModelSignature,
  config: Pick<ModelConfig, 'input'>,
  targets: readonly (TensorSpec | undefined)[],
): (column: TableColumn) => TensorSpec {
  const free = inputs.filter(spec => !targets.includes(spec))
  const only = inputs.length === 1 ? inputs[0] : free.length === 1 ? free[0] : undefined
  const rest = inputs.find(spec => spec.name === config.input) ?? only
  return column => {
    if (rest !== undefined) return rest
    const names = inputs.map(spec => spec.name)
    const nearest = nearestName(column.name, names)
    throw columnsInvalid(
      `The column '${column.name}' has no input of its name: the model has ${names.join(', ')}`,
      nearest === undefined ? 'Name the input at the column (`input:`).' : `Did you mean '${nearest}'?`,
    )
  }
}

/** The sizes behind the rows' axis, of which one may be free. */
function rowOf(spec: TensorSpec, width: number): Pick<FilledInput, 'rowShape' | 'takesRows'> {
  const { shape } = spec
  // [4] for four columns has no axis of rows; [N] takes one column.
  const takesRows =
    resolveBatchAxis(spec).kind !== 'none' && !(shape.length === 1 && shape[0] === width && width > 1)
  const sizes = takesRows ? shape.slice(1) : shape
  const known = sizes.reduce<number>(
    (product, size) => (typeof size === 'number' ? product * size : product),
    1,
  )
  const free = sizes.filter(size => typeof size !== 'number').length
  const fits = free === 0 ? known === width : known > 0 && width % known === 0
  if (!fits)
    throw columnsInvalid(
      `The columns make ${width} ${width === 1 ? 'element' : 'elements'} a row, and the input ${formatSpec(spec)} takes ${free === 0 ? known : `a multiple of ${known}`}`,
      'Give a column for each, in the order of training; a one-hot category counts as many as it has values.',
    )
  // The first free size takes what the known ones leave; further ones are of one.
  let left = known === 0 ? 0 : width / known
  const rowShape = sizes.map(size => {
    if (typeof size === 'number') return size
    const taken = left
    left = 1
    return taken
  })
  return { rowShape, takesRows }
}
