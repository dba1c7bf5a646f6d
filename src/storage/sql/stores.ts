import type { Kysely } from 'kysely'
import type { Clock } from '../../core/index.ts'
import type { Tables } from '../schema/tables.ts'
import type { Stores } from '../types.ts'
import { policies } from './access/policies.ts'
import { principals } from './access/principals.ts'
import { projects } from './access/projects.ts'
import { secrets } from './access/secrets.ts'
import { tokens } from './access/tokens.ts'
import { environments } from './delivery/environments.ts'
import { releases } from './delivery/releases.ts'
import { signingKeys } from './delivery/signing-keys.ts'
import { channels } from './notify/channels.ts'
import { notices } from './notify/notices.ts'
import { attempts } from './pipelines/attempts.ts'
import { jobs } from './pipelines/jobs.ts'
import { pipelines } from './pipelines/pipelines.ts'
import { pushes } from './pipelines/pushes.ts'
import { ready } from './pipelines/ready.ts'
import { collection } from './registry/collection.ts'
import { lfs } from './registry/lfs.ts'
import { objects } from './registry/objects.ts'
import { packing } from './registry/packing.ts'
import { totals } from './registry/totals.ts'
import { versions } from './registry/versions/versions.ts'
import { counts } from './rollouts/counts.ts'
import { deployments } from './rollouts/deployments.ts'
import { evidence } from './rollouts/evidence.ts'
import { outcomes } from './rollouts/outcomes.ts'
import { pairs } from './rollouts/pairs.ts'
import { records } from './rollouts/records.ts'
import { rollouts } from './rollouts/rollouts.ts'
import { settings } from './settings.ts'
import { mergeRequests } from './triggers/merge-requests.ts'
import { mirrors } from './triggers/mirrors.ts'
import { schedules } from './triggers/schedules.ts'
import { statuses } from './triggers/statuses.ts'

export type Db = Kysely<Tables>

/** The stores over any database that has the tables. */
export function sqlStores(db: Db, clock: Clock): Omit<Stores, 'close'> {
  return {
    access: {
      ...principals(db),
      ...projects(db),
      ...tokens(db, clock),
      ...policies(db),
      ...secrets(db),
    },
    pipelines: { ...pushes(db), ...pipelines(db), ...jobs(db), ...ready(db), ...attempts(db) },
    triggers: { ...schedules(db), ...mergeRequests(db), ...mirrors(db), ...statuses(db) },
    delivery: { ...environments(db), ...releases(db), ...signingKeys(db) },
    versions: versions(db),
    lfs: lfs(db),
    objects: { ...objects(db), ...packing(db), ...collection(db), ...totals(db) },
    rollouts: {
      ...rollouts(db),
      ...deployments(db),
      ...counts(db),
      ...pairs(db),
      ...evidence(db),
      ...records(db),
      ...outcomes(db),
    },
    notify: { ...channels(db), ...notices(db) },
    settings: settings(db),
  }
}
