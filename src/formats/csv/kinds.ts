export type CellKind = 'empty' | 'bool' | 'int64' | 'float64' | 'string'

const INTEGER = /^[+-]?\d{1,19}$/
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/
const SPECIAL = /^(?:nan|[+-]?inf(?:inity)?)$/i
const MAX_INT64 = 2n ** 63n
/** A number has fewer characters. */
const MAX_NUMBER_LENGTH = 400

/**
 * What a cell and those before it are together; `undefined` before the first. Whole numbers beside empty cells are
 * floats: NaN is no integer.
 */
export function cellKind(cell: string, before: CellKind | undefined): CellKind {
  const found = kindOf(cell)
  if (before === undefined || found === before) return found
  if (found === 'string' || before === 'string' || found === 'bool' || before === 'bool') return 'string'
  // Numbers and empty cells, of which two kinds meet.
  return 'float64'
}

function kindOf(cell: string): CellKind {
  const text = cell.trim()
  if (text === '') return 'empty'
  if (text.length > MAX_NUMBER_LENGTH) return 'string'
  if (INTEGER.test(text)) {
    const value = BigInt(text.replace(/^\+/, ''))
    return value >= -MAX_INT64 && value < MAX_INT64 ? 'int64' : 'float64'
  }
  if (NUMBER.test(text) || SPECIAL.test(text)) return 'float64'
  return /^(?:true|false)$/i.test(text) ? 'bool' : 'string'
}
