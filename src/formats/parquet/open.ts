import type { ModelInput, OpenModel } from '../ports.ts'
import { singleFile } from '../single-file.ts'
import { metadataEntry, tensorMissing } from '../tensors.ts'
import { type Column, columnsOf } from './columns.ts'
import { CODEC_NAMES } from './encodings/compression.ts'
import { type Footer, readFooter } from './file/footer.ts'
import { fail } from './limits.ts'
import { numbersOf, textsOf } from './read.ts'

/**
 * A Parquet file as a description: a tensor of each column. Columns of lists of one length are tensors of two
 * dimensions; other nested ones are described, and not read. Nulls are NaN among floats and refused among integers.
 * Throws FORMAT_TRUNCATED, FORMAT_MALFORMED, FORMAT_LIMIT or FORMAT_UNSUPPORTED.
 */
export async function openParquetData(input: ModelInput): Promise<OpenModel> {
  const { source } = input
  const footer = await readFooter(source)
  const columns = columnsOf(footer)
  const byName = new Map(columns.map(column => [column.info.name, column]))
  const columnOf = (name: string): Column => {
    const column = byName.get(name)
    if (!column) throw tensorMissing(source.name, name, byName.keys())
    if (column.unread !== undefined)
      throw fail.unsupported({ name: source.name }, `'${name}': ${column.unread}`)
    return column
  }
  const notes: string[] = []
  const metadata = footer.metadata.map(({ key, value }) => metadataEntry(key, value, notes))
  const unread = columns.filter(column => column.unread !== undefined)
  return {
    file: {
      format: 'parquet',
      formatVersion: `v${footer.version}`,
      ...(footer.createdBy !== undefined && { producer: footer.createdBy.slice(0, 200) }),
      ...singleFile(input),
      tensors: columns.map(({ info }) => info),
      parameters: 0,
      metadata: [
        { key: 'rows', value: String(footer.rows) },
        { key: 'row groups', value: String(footer.groups.length) },
        { key: 'compression', value: codecsOf(footer).join(', ') },
        ...metadata,
      ],
      notes: [
        ...notes,
        ...unread.slice(0, 10).map(({ info, unread: why }) => `'${info.name}' is not read: ${why}`),
      ],
    },
    async *readTensor(name) {
      const column = columnOf(name)
      const { dtype } = column.info
      if (dtype === 'string' || dtype === 'object')
        throw fail.unsupported({ name: source.name }, `'${name}' is text`, { hint: 'Read it as text.' })
      yield* numbersOf(source, footer, column)
    },
    async *readText(name) {
      const column = columnOf(name)
      if (column.width !== undefined)
        throw fail.unsupported({ name: source.name }, `'${name}' is no text`, {
          hint: 'Read it as a tensor.',
        })
      yield* textsOf(source, footer, column)
    },
    async close() {},
  }
}

function codecsOf({ groups }: Footer): readonly string[] {
  const used = new Set(groups.flatMap(({ chunks }) => chunks.map(({ codec }) => codec)))
  return [...used].toSorted((a, b) => a - b).map(codec => CODEC_NAMES[codec] ?? `codec ${codec}`)
}
