import type { HookId, PrincipalId, ProjectId } from '../../../core/index.ts'
import type { Delivery, Mirror, TriggerStore } from '../../../pipeline/ports.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

const FORGES = ['github', 'gitlab', 'gitea'] as const

type MirrorStore = Pick<
  TriggerStore,
  | 'setMirror'
  | 'mirror'
  | 'mirrorByHook'
  | 'mirrors'
  | 'removeMirror'
  | 'wantSync'
  | 'endSync'
  | 'knowsDelivery'
  | 'addDelivery'
>

export function mirrors(db: Db): MirrorStore {
  const all = db.selectFrom('mirrors').selectAll()
  return {
    async setMirror(mirror) {
      const content = contentOf(mirror)
      await db.transaction().execute(async work => {
        // Deliveries belong to a hook: another one begins with none.
        await work
          .deleteFrom('mirrors')
          .where('project', '=', mirror.project)
          .where('hook', '!=', mirror.hook)
          .execute()
        await work
          .insertInto('mirrors')
          .values({ ...content, synced_at: mirror.syncedAt ?? null, outcome: mirror.outcome ?? null })
          .onConflict(conflict => conflict.column('project').doUpdateSet(content))
          .execute()
      })
    },
    async mirror(project) {
      const row = await all.where('project', '=', project).executeTakeFirst()
      return row && mirrorOf(row)
    },
    async mirrorByHook(hook) {
      const row = await all.where('hook', '=', hook).executeTakeFirst()
      return row && mirrorOf(row)
    },
    async mirrors() {
      return (await all.orderBy('created_at').orderBy('project').execute()).map(mirrorOf)
    },
    async removeMirror(project) {
      const { numDeletedRows } = await db
        .deleteFrom('mirrors')
        .where('project', '=', project)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
    ...synchronisation(db),
  }
}

function synchronisation(
  db: Db,
): Pick<TriggerStore, 'wantSync' | 'endSync' | 'knowsDelivery' | 'addDelivery'> {
  return {
    async wantSync(project) {
      await db
        .updateTable('mirrors')
        .set(({ eb }) => ({ wanted: eb('wanted', '+', 1) }))
        .where('project', '=', project)
        .execute()
    },
    async endSync(project, wanted, outcome, now) {
      await db
        .updateTable('mirrors')
        .set({ done: wanted, outcome, synced_at: now })
        .where('project', '=', project)
        .where('done', '<=', wanted)
        .execute()
    },
    knowsDelivery: delivery => known(db, delivery),
    addDelivery: ({ hook, delivery, digest, event, receivedAt }, forgetBefore) =>
      db.transaction().execute(async work => {
        await work
          .deleteFrom('deliveries')
          .where('hook', '=', hook)
          .where('received_at', '<', forgetBefore)
          .execute()
        if (await known(work, { hook, delivery, digest })) return 'repeated'
        await work
          .insertInto('deliveries')
          .values({ hook, delivery, digest, event, received_at: receivedAt })
          .execute()
        return 'new'
      }),
  }
}

async function known(
  db: Db,
  { hook, delivery, digest }: Pick<Delivery, 'hook' | 'delivery' | 'digest'>,
): Promise<boolean> {
  const row = await db
    .selectFrom('deliveries')
    .select('delivery')
    .where('hook', '=', hook)
    .where(({ or, eb }) => or([eb('delivery', '=', delivery), eb('digest', '=', digest)]))
    .executeTakeFirst()
  return row !== undefined
}

function contentOf(mirror: Mirror) {
  return {
    project: mirror.project,
    hook: mirror.hook,
    forge: mirror.forge,
    url: mirror.url,
    api_url: mirror.apiUrl ?? null,
    credentials: mirror.credentials ?? null,
    hook_secret: mirror.hookSecret,
    statuses: Number(mirror.statuses),
    owner: mirror.owner,
    wanted: mirror.wanted,
    done: mirror.done,
    created_at: mirror.createdAt,
  }
}

function mirrorOf(row: object): Mirror {
  const read = new RowReader('mirrors', row)
  return {
    project: read.text<ProjectId>('project'),
    hook: read.text<HookId>('hook'),
    forge: read.choice('forge', FORGES),
    url: read.text('url'),
    hookSecret: read.text('hook_secret'),
    statuses: read.flag('statuses'),
    owner: read.text<PrincipalId>('owner'),
    wanted: read.number('wanted'),
    done: read.number('done'),
    ...present({
      apiUrl: read.optional('api_url', column => read.text(column)),
      credentials: read.optional('credentials', column => read.text(column)),
      syncedAt: read.optional('synced_at', column => read.instant(column)),
      outcome: read.optional('outcome', column => read.text(column)),
    }),
    createdAt: read.instant('created_at'),
  }
}
