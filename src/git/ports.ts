import type { PrincipalId, ProjectId, PushId } from '../core/index.ts'
import type { RefChange } from './types.ts'

export type * from './lfs/ports.ts'

/** What the Git front door needs from the control plane. */
export interface GitHost {
  /**
   * Who is this and may they? `name` is the path without `.git`. For a write to a repository that does not
   * exist yet, the control plane may make it (first push). Never tells an unauthorised caller whether a
   * repository exists.
   */
  authorize(request: {
    readonly repository: string
    readonly token: string | undefined
    readonly access: 'read' | 'write'
  }): Promise<
    | {
        readonly kind: 'granted'
        readonly project: ProjectId
        readonly principal: PrincipalId
        readonly directory: string
      }
    | { readonly kind: 'unauthenticated' }
    | { readonly kind: 'refused'; readonly message: string; readonly hint?: string }
  >
  /** pre-receive: journals the changes, or refuses with a line for the person who pushes. */
  preReceive(
    push: ReceivedPush,
  ): Promise<
    | { readonly kind: 'accepted'; readonly push: PushId }
    | { readonly kind: 'refused'; readonly message: string }
  >
  /** post-receive: refs have moved. Yields lines to print as `remote: …` until the pipelines end or `signal` aborts. */
  postReceive(push: PushId, signal: AbortSignal): AsyncIterable<string>
  /**
   * git ended after an accepted pre-receive without reaching post-receive: usually no ref moved, but after a crash
   * of git some may have. Compare the refs with the journal, as at a start of the server.
   */
  pushEnded?(push: PushId): Promise<void>
}

export interface ReceivedPush {
  readonly project: ProjectId
  readonly principal: PrincipalId
  readonly directory: string
  readonly changes: readonly RefChange[]
  /** Which of `changes` are not fast-forwards (asked by the hook inside the quarantine), or move a tag. */
  readonly forced: readonly string[]
  /** As given with `git push -o`. */
  readonly options: readonly string[]
  /** Name of the folder below `objects` in which git keeps what was pushed until it is accepted; absent: no new objects. */
  readonly quarantine?: string
}
