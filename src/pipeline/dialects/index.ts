import type { DialectName } from '../types.ts'
import { gitlab } from './gitlab/compile.ts'
import type { Dialect } from './types.ts'

const DIALECTS: Readonly<Record<DialectName, Dialect>> = { gitlab }

export function dialectOf(name: DialectName): Dialect {
  return DIALECTS[name]
}
