import type { Location } from '../../../../../core/index.ts'
import type { Located } from '../../../../yaml/located.ts'
import type { Rule } from '../../types.ts'

/** One file that an `include:` entry asks for, with its variables expanded. */
export type IncludeTarget =
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'project'; readonly project: string; readonly file: string; readonly ref?: string }
  | { readonly kind: 'remote'; readonly url: string; readonly integrity?: string }
  | { readonly kind: 'component'; readonly host: string; readonly address: ComponentAddress }
  | { readonly kind: 'template'; readonly name: string }

export interface ComponentAddress {
  readonly project: string
  readonly name: string
  readonly version: string
}

export interface IncludeEntry {
  readonly at: Location
  /** Several where `file:` is a list. */
  readonly targets: readonly IncludeTarget[]
  readonly inputs: ReadonlyMap<string, Located>
  readonly rules?: readonly Rule[]
}

/** Where the files lie that a file names by `local:`. */
export type Home =
  /** The commit that the pipeline is for. */
  | { readonly kind: 'repository' }
  | { readonly kind: 'project'; readonly project: string; readonly ref: string | undefined }
  /** Remote files and templates have no files beside them. */
  | { readonly kind: 'nowhere' }
