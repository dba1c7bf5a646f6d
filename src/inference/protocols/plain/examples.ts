import type { Tensors } from '../../../core/index.ts'
import type { ServedModel } from '../codec.ts'

/** What a body asks about, as the model's inputs. */
export interface Examples {
  readonly inputs: Tensors
  readonly count: number
  /** Whether the answers stand in a list, also where there is one. */
  readonly listed: boolean
}

/** A body, or a part of a form. */
export interface Content {
  readonly bytes: Buffer
  /** Lower case, without parameters; undefined where it says nothing (`application/octet-stream`, forms of curl). */
  readonly type: string | undefined
  /** The whole header, for its parameters. */
  readonly header: string | undefined
}

export type ReadExamples = (content: Content, model: ServedModel) => Examples | Promise<Examples>
