import type { AccessStore } from '../access/ports.ts'
import type { LfsStore } from '../git/ports.ts'
import type { NotifyStore } from '../notify/ports.ts'
import type { DeliveryStore, PipelineStore, TriggerStore } from '../pipeline/ports.ts'
import type { CollectionIndex, ObjectIndex, VersionStore } from '../registry/ports.ts'
import type { RolloutStore } from '../rollout/ports.ts'

/** Small facts of the server itself, as text. */
export interface SettingStore {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string): Promise<void>
}

/** Everything that one database holds. Every adapter passes test/contracts/stores. */
export interface Stores {
  readonly access: AccessStore
  readonly pipelines: PipelineStore
  readonly triggers: TriggerStore
  readonly delivery: DeliveryStore
  readonly versions: VersionStore
  readonly lfs: LfsStore
  readonly objects: ObjectIndex & CollectionIndex
  readonly rollouts: RolloutStore
  readonly notify: NotifyStore
  readonly settings: SettingStore
  /** Waits for the calls under way; later ones throw. */
  close(): Promise<void>
}
