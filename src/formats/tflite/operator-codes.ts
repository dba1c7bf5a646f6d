import type { Flatbuffer, Table } from '../flatbuffers/reader.ts'
import { BUILTIN_OPERATORS } from './operators.ts'

/** What an operator is. */
export interface Operator {
  readonly name: string
  /** Not of TensorFlow Lite itself: the program that runs the model must bring it. */
  readonly custom: boolean
  readonly version: number
}

const CUSTOM = BUILTIN_OPERATORS.indexOf('CUSTOM')

/**
 * OperatorCodes: 0 deprecated_builtin_code (a byte: numbers below 127), 1 custom_code, 2 version, 3 builtin_code.
 * The larger number counts.
 */
export async function readOperatorCodes(buffer: Flatbuffer, model: Table): Promise<Operator[]> {
  const operators: Operator[] = []
  for (const at of await buffer.tables(model, 1)) {
    const table = await buffer.table(at)
    const old = await buffer.scalar(table, 0, 'int8')
    const number = Math.max(old, await buffer.scalar(table, 3, 'int32'))
    const custom = number === CUSTOM
    const name = custom ? await buffer.text(table, 1) : BUILTIN_OPERATORS[number]
    operators.push({
      name: name || (custom ? 'custom' : `builtin ${number}`),
      custom: custom || BUILTIN_OPERATORS[number] === undefined,
      version: await buffer.scalar(table, 2, 'int32', 1),
    })
  }
  return operators
}
