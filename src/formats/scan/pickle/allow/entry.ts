import type { PickleNode } from '../../../pickle/types.ts'
import type { Arguments } from '../shapes.ts'

/**
 * How a class or function may be used. What is not in a table is not safe; what is used in another way is not either.
 * A class is allowed when neither its constructor with such arguments, nor its `__setstate__`, nor its destructor does
 * anything but keep data: that was read in the library's source before it came into a table.
 */
export type Entry =
  | {
      readonly kind: 'class'
      /** Of `cls(…)` and `cls.__new__(cls, …)`; absent: none. */
      readonly args?: Arguments
      /** Takes APPENDS or SETITEMS. */
      readonly container?: true
      /** Further demands on what BUILD gives it. */
      readonly state?: (state: PickleNode) => boolean
    }
  /** Called with such arguments only, and of no use as a value. */
  | { readonly kind: 'function'; readonly args: Arguments }
  /** A constant, or a function of numbers: kept by an estimator, not called by a loader. */
  | { readonly kind: 'value' }

/** Entries by module, then by name. */
export type Table = Readonly<Record<string, Readonly<Record<string, Entry>>>>

export const plainClass: Entry = { kind: 'class' }
export const container: Entry = { kind: 'class', container: true }
export const value: Entry = { kind: 'value' }

export function classOf(args: Arguments): Entry {
  return { kind: 'class', args }
}

export function func(args: Arguments): Entry {
  return { kind: 'function', args }
}

/** The same entry under several names: `'a b c'`. */
export function each(names: string, entry: Entry): Record<string, Entry> {
  const entries: Record<string, Entry> = {}
  for (const name of names.split(' ')) entries[name] = entry
  return entries
}

/** The same names in several modules: libraries move them between releases. */
export function modules(paths: readonly string[], entries: Readonly<Record<string, Entry>>): Table {
  return Object.fromEntries(paths.map(path => [path, entries]))
}
