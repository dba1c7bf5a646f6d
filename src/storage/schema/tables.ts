import type { AccessTables } from './tables/access.ts'
import type { DeliveryTables } from './tables/delivery.ts'
import type { PipelinesTables } from './tables/pipelines.ts'
import type { RegistryTables } from './tables/registry.ts'
import type { RolloutsTables } from './tables/rollouts.ts'
import type { TriggersTables } from './tables/triggers.ts'

/** The tables as they are now, after all migrations: what Kysely's queries are checked against. */
export interface Tables
  extends AccessTables,
    PipelinesTables,
    RegistryTables,
    RolloutsTables,
    TriggersTables,
    DeliveryTables {}
