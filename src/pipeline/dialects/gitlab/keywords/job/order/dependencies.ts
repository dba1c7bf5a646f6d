import type { Location } from '../../../../../../core/index.ts'
import { list } from '../../reader/composites.ts'
import { type Reader, refine } from '../../reader/reader.ts'
import { text } from '../../reader/scalars.ts'

const MAX_DEPENDENCIES = 500

export const dependencies: Reader<readonly Dependency[]> = list(
  refine(text({ expected: 'the name of a job', maxLength: 255 }), (job, node) => ({ job, at: node.at })),
  { max: MAX_DEPENDENCIES, nested: true },
)
export interface Dependency {
  readonly job: string
  readonly at: Location
}
