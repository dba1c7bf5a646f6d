import { begin } from './0001-begin.ts'
import { engine } from './0002-engine.ts'
import { triggers } from './0003-triggers.ts'
import { reuse } from './0004-reuse.ts'
import { delivery } from './0005-delivery.ts'
import { traffic } from './0006-traffic.ts'
import { objects } from './0007-objects.ts'
import { aliases } from './0008-aliases.ts'
import { lfs } from './0009-lfs.ts'
import { previews } from './0010-previews.ts'
import { calendars } from './0011-calendars.ts'
import { holds } from './0012-holds.ts'
import { approvals } from './0013-approvals.ts'
import { queue } from './0014-queue.ts'
import { pairs } from './0015-pairs.ts'
import { pauses } from './0016-pauses.ts'
import { notify } from './0017-notify.ts'
import { records } from './0018-records.ts'
import { promotions } from './0019-promotions.ts'
import { evidence } from './0020-evidence.ts'
import { outcomes } from './0021-outcomes.ts'

/** A step of the schema. Once released it never changes: a correction is a new migration. */
export interface Migration {
  /** 1, 2, 3 … without gaps. */
  readonly version: number
  readonly title: string
  readonly statements: readonly string[]
}

export const MIGRATIONS: readonly Migration[] = [
  begin,
  engine,
  triggers,
  reuse,
  delivery,
  traffic,
  objects,
  aliases,
  lfs,
  previews,
  calendars,
  holds,
  approvals,
  queue,
  pairs,
  pauses,
  notify,
  records,
  promotions,
  evidence,
  outcomes,
]
