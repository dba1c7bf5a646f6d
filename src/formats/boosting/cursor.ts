import type { NumberDtype, Run } from './run.ts'

/** Reads a document from its start to its end, holding none of it: JSON and UBJSON alike. */
export interface Cursor {
  /** For errors: bytes from the start. */
  readonly offset: number
  /** The members of the object that begins here; `visit` must take each value. Throws for two of one name. */
  object(visit: (key: string) => Promise<void>): Promise<void>
  /** The elements of the array that begins here; `visit` must take each. */
  array(visit: (index: number) => Promise<void>): Promise<void>
  /** An array of numbers: where it lies. Types that the document gives itself go before `dtype`. */
  numbers(dtype: NumberDtype): Promise<Run>
  /** A string; numbers and words as text. */
  text(): Promise<string>
  /** Whatever comes, to its end. */
  skip(): Promise<void>
  /** What comes is an object, an array or else. */
  kind(): Promise<'object' | 'array' | 'scalar'>
  /** Throws unless nothing more comes. */
  end(): Promise<void>
}
