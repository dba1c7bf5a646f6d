import type { Bytes, Clock, Logger, Milliseconds } from '../core/index.ts'
import type { ObjectStore } from '../registry/index.ts'
import type { Stores } from '../storage/index.ts'
import type { Vault } from './access/vault.ts'
import type { ChangeFeed } from './changes.ts'

export interface ServerSettings {
  readonly dataDir: string
  /** What links and remotes begin with, such as `http://127.0.0.1:7420`; no slash at the end. */
  readonly publicUrl: string
  readonly gatewayUrl: string
  readonly version: string
  /** Of the repository that this Ballast was built from, where that is known. */
  readonly commit?: string
  /** How long the logs of jobs are kept; absent: for ever. */
  readonly keepLogsMs?: Milliseconds
  readonly store?: StoreSettings
}

export interface StoreSettings {
  /** What starts `ballast`, such as `[node, script]`: a packer is this with `packer`. Absent: objects stay whole. */
  readonly command?: readonly string[]
  /** Whole files beside packs, at most. */
  readonly warmBytes?: Bytes
  /** How long objects stay that nothing refers to. */
  readonly graceMs?: Milliseconds
}

/** What every part of the control plane works with. */
export interface ControlPlane {
  readonly settings: ServerSettings
  readonly stores: Stores
  readonly blobs: ObjectStore
  readonly vault: Vault
  readonly changes: ChangeFeed
  readonly clock: Clock
  readonly logger: Logger
}
