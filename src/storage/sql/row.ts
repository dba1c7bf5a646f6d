import { type Instant, messageOf } from '../../core/index.ts'
import { StorageError } from '../errors.ts'

/**
 * Reads one row into a value of the domain, and checks on the way. What is not as Ballast writes it throws
 * ROW_CORRUPT, naming table, row and column.
 */
export class RowReader {
  readonly #table: string
  readonly #row: object

  constructor(table: string, row: object) {
    this.#table = table
    this.#row = row
  }

  text<Text extends string = string>(column: string): Text {
    const value = this.#value(column)
    if (typeof value !== 'string') throw this.#corrupt(column, 'text', value)
    return value as Text
  }

  number(column: string): number {
    const value = this.#value(column)
    if (typeof value !== 'number') throw this.#corrupt(column, 'a number', value)
    return value
  }

  instant(column: string): Instant {
    return this.number(column) as Instant
  }

  flag(column: string): boolean {
    return this.number(column) !== 0
  }

  choice<Choice extends string>(column: string, choices: readonly Choice[]): Choice {
    const value = this.#value(column)
    const choice = choices.find(other => other === value)
    if (choice === undefined) throw this.#corrupt(column, `one of ${choices.join(', ')}`, value)
    return choice
  }

  /** The column's JSON, if `check` holds for it. */
  json<Value>(column: string, check: (value: unknown) => value is Value): Value {
    const text = this.text(column)
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (cause) {
      throw this.#corrupt(column, `JSON (${messageOf(cause)})`, text)
    }
    if (!check(value)) throw this.#corrupt(column, 'JSON of another shape', text)
    return value
  }

  /** Undefined where the column is null; else what `read` makes of it. */
  optional<Value>(column: string, read: (column: string) => Value): Value | undefined {
    return this.#value(column) === null ? undefined : read(column)
  }

  #value(column: string): unknown {
    return Object.getOwnPropertyDescriptor(this.#row, column)?.value
  }

  #corrupt(column: string, expected: string, found: unknown): StorageError {
    const id = this.#name()
    return new StorageError('ROW_CORRUPT', {
      message: `Row ${id} of table ${this.#table} is damaged: column ${column} should hold ${expected}, found ${shown(found)}`,
      hint: 'Restore the data folder from a backup, or mend this row by hand.',
      details: { table: this.#table, id, column },
    })
  }

  /** The id, or the columns that the key is made of. */
  #name(): string {
    for (const keys of [
      ['id'],
      ['name'],
      ['digest'],
      ['rollout', 'step', 'position'],
      ['scope', 'name', 'environment'],
      ['hook', 'delivery'],
      ['pipeline'],
      ['model', 'environment'],
      ['project', 'environment'],
    ]) {
      const parts = keys.map(key => this.#value(key)).filter(part => part !== undefined)
      if (parts.length > 0) return parts.map(String).join(' ')
    }
    return '?'
  }
}

/** Enough to recognise it, and never much: it may be anything. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

type Present<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

/** The fields that are not undefined: an optional property is absent, never undefined. */
export function present<Fields extends object>(fields: Fields): Present<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Present<Fields>
}
