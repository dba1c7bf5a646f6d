import type { EstimatorValue } from '../../../formats/index.ts'
import { ConvertError } from '../../errors.ts'
import { type Fitted, isKind } from '../fitted/fitted.ts'
import { bytesOf } from '../fitted/numbers.ts'

/** Stored elements that are held in memory while the dense matrix is written. */
const MAX_STORED = 32 * 1024 * 1024
/** Elements of a dense matrix that is held whole. */
const MAX_DENSE = 32 * 1024 * 1024
/** Columns: a row is written in one piece. */
const MAX_COLUMNS = 10_000_000
/** Bytes that rows are gathered to. */
const PIECE = 256 * 1024

/** A sparse matrix of scipy: CSR and CSC are what estimators keep. */
export function isSparse(value: EstimatorValue | undefined): boolean {
  return isKind(value, 'object') && /^cs[rc]_(matrix|array)$/.test(value.className)
}

interface SparseRows {
  readonly rows: number
  readonly columns: number
  readonly stream: () => AsyncIterable<Uint8Array>
  readonly floats: () => Promise<Float64Array>
}

/** Elements of CSR: of row i those from `starts[i]` to `starts[i + 1]`. */
interface Stored {
  readonly starts: ArrayLike<number>
  readonly places: ArrayLike<number>
  readonly elements: ArrayLike<number>
}

/** Rows of a sparse matrix as float64, written out with their zeros. Elements that stand twice are added, as scipy does. */
export async function sparseRows(matrix: Fitted): Promise<SparseRows> {
  const [rows, columns] = await shapeOf(matrix)
  const byRow = matrix.className.startsWith('csr')
  const read = async (): Promise<Stored> => {
    const stored = await storedOf(matrix, byRow ? [rows, columns] : [columns, rows])
    return byRow ? stored : byRows(stored, rows)
  }
  return {
    rows,
    columns,
    stream: () => written(read, rows, columns),
    floats: async () => {
      if (rows * columns > MAX_DENSE) throw tooLarge(matrix, `[${rows}, ${columns}] elements`)
      const all = new Float64Array(rows * columns)
      const stored = await read()
      for (let row = 0; row < rows; row++) fill(stored, row, all, row * columns)
      return all
    },
  }
}

async function shapeOf(matrix: Fitted): Promise<readonly [rows: number, columns: number]> {
  const shape = await matrix.floats(['_shape', 'shape'])
  const [rows = -1, columns = -1] = shape
  const valid = [rows, columns].every(size => Number.isSafeInteger(size) && size >= 0)
  if (!valid || shape.length !== 2) throw matrix.invalid('_shape', `is [${shape.join(', ')}]`)
  if (columns > MAX_COLUMNS) throw tooLarge(matrix, `${columns} columns`)
  return [rows, columns]
}

/** Checks what indices name: they come from the file. `major` are the rows of CSR. */
async function storedOf(
  matrix: Fitted,
  [major, minor]: readonly [major: number, minor: number],
): Promise<Stored> {
  const size = matrix.array('data').size
  if (size > MAX_STORED) throw tooLarge(matrix, `${size} stored elements`)
  const starts = await matrix.floats('indptr', [major + 1])
  const places = await matrix.floats('indices', [size])
  const elements = await matrix.floats('data', [size])
  const rising = starts.every((start, i) => i === 0 || start >= starts[i - 1]!)
  if (!rising || starts[0] !== 0 || starts[major] !== size)
    throw matrix.invalid('indptr', `does not lead from 0 to ${size}`)
  const odd = places.find(place => !(Number.isInteger(place) && place >= 0 && place < minor))
  if (odd !== undefined) throw matrix.invalid('indices', `names ${odd}, and there are ${minor}`)
  return { starts, places, elements }
}

/** CSC to CSR: elements counted by row, then put in their places, column by column. */
function byRows({ starts, places, elements }: Stored, rows: number): Stored {
  const counted = new Float64Array(rows + 1)
  for (let i = 0; i < places.length; i++) counted[places[i]! + 1]!++
  for (let row = 0; row < rows; row++) counted[row + 1]! += counted[row]!
  const next = counted.slice()
  const [columns, values] = [new Float64Array(places.length), new Float64Array(places.length)]
  for (let column = 0; column + 1 < starts.length; column++)
    for (let i = starts[column]!; i < starts[column + 1]!; i++) {
      const at = next[places[i]!]!++
      columns[at] = column
      values[at] = elements[i]!
    }
  return { starts: counted, places: columns, elements: values }
}

function fill({ starts, places, elements }: Stored, row: number, into: Float64Array, from: number): void {
  for (let i = starts[row]!; i < starts[row + 1]!; i++) into[from + places[i]!]! += elements[i]!
}

async function* written(
  read: () => Promise<Stored>,
  rows: number,
  columns: number,
): AsyncGenerator<Uint8Array, void> {
  const stored = await read()
  const many = Math.max(1, Math.floor(PIECE / 8 / Math.max(1, columns)))
  for (let row = 0; row < rows; row += many) {
    const count = Math.min(many, rows - row)
    const piece = new Float64Array(count * columns)
    for (let i = 0; i < count; i++) fill(stored, row + i, piece, i * columns)
    yield bytesOf(piece)
  }
}

function tooLarge(matrix: Fitted, what: string): ConvertError {
  return new ConvertError('CONVERT_LIMIT', {
    message: `${matrix.path} (${matrix.className}): ${what} are too many`,
    hint: 'Fit it to fewer features or rows.',
  })
}
