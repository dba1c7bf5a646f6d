import type { Location } from '../../core/index.ts'
import { optional, required, struct } from '../reader/composites.ts'
import { path } from '../reader/paths.ts'
import { byKind, placed, type Reader, refine } from '../reader/reader.ts'
import { choice } from '../reader/scalars.ts'

/** An existing file of another CI system, whose jobs run before the model stages. */
export interface CiFile {
  /** Path in the repository. */
  readonly file: string
  readonly dialect: 'gitlab'
  readonly at: Location
}

const DEFAULT_DIALECT = 'gitlab'

/** `ci: .gitlab-ci.yml`, or with the language where the name does not tell it. */
export const ciSection: Reader<CiFile> = byKind({
  scalar: refine(placed(path()), ({ value, at }): CiFile => ({ file: value, dialect: DEFAULT_DIALECT, at })),
  map: refine(
    struct({
      what: 'ci',
      fields: {
        file: required(placed(path()), 'the file, a path in the repository'),
        dialect: optional(choice(['gitlab']), 'the language that it is written in', DEFAULT_DIALECT),
      },
    }),
    ({ file, dialect }): CiFile => ({ file: file.value, dialect: dialect ?? DEFAULT_DIALECT, at: file.at }),
  ),
})
