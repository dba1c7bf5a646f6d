import type { ScanSink } from '../types.ts'
import type { Content } from './content.ts'

/**
 * One way in which a loader may read content. Every lens looks at every content, whatever its name says and whatever
 * other lenses saw: a file may be several things at once. Gives the format's name, or undefined where the content is
 * nothing of that kind. Throws a BallastError for content of its kind that can't be read.
 */
export interface Lens {
  readonly name: string
  scan(content: Content, sink: ScanSink): Promise<string | undefined>
}
