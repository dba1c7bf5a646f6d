import type { ProjectId, VersionId } from '../../../../core/index.ts'
import { versionExpired } from '../../../../registry/errors.ts'
import type { AliasStore } from '../../../../registry/ports.ts'
import type { Alias } from '../../../../registry/types.ts'
import { RowReader } from '../../row.ts'
import type { Db } from '../../stores.ts'
import { addMove } from './moves.ts'
import { versionOf } from './rows.ts'

export function aliases(db: Db): AliasStore {
  return {
    alias: (model, name) => aliasNamed(db, model, name),
    async aliases(model) {
      const query = db.selectFrom('aliases').selectAll().where('model', '=', model)
      return (await query.orderBy('name').execute()).map(aliasOf)
    },
    setAlias: (alias, move, expected, only) =>
      db.transaction().execute(async work => {
        const there = await aliasNamed(work, alias.model, alias.name)
        if (expected !== undefined && (there?.version ?? null) !== expected) return there
        if (there?.protected && only) return there
        await needBytes(work, alias.version)
        const { model, name, movedAt, movedBy, ...rest } = alias
        const content = { ...rest, protected: alias.protected ? 1 : 0, moved_at: movedAt, moved_by: movedBy }
        await work
          .insertInto('aliases')
          .values({ model, name, ...content })
          .onConflict(conflict => conflict.columns(['model', 'name']).doUpdateSet(content))
          .execute()
        // Setting what is set already, to protect it for example, moves nothing.
        if (there?.version !== alias.version)
          await addMove(work, { ...move, ...(there && { before: there.version }) })
        return alias
      }),
    removeAlias: (model, name, move, expected, only) =>
      db.transaction().execute(async work => {
        const there = await aliasNamed(work, model, name)
        if (!there || (expected !== undefined && there.version !== expected)) return false
        if (there.protected && only) return false
        await work.deleteFrom('aliases').where('model', '=', model).where('name', '=', name).execute()
        await addMove(work, { ...move, version: there.version })
        return true
      }),
  }
}

async function aliasNamed(db: Db, model: string, name: string): Promise<Alias | undefined> {
  const query = db.selectFrom('aliases').selectAll().where('model', '=', model)
  const row = await query.where('name', '=', name).executeTakeFirst()
  return row && aliasOf(row)
}

/** Throws VERSION_EXPIRED: what is to be named, or to serve, must still have its bytes. */
export async function needBytes(work: Db, id: VersionId): Promise<void> {
  const row = await work.selectFrom('versions').selectAll().where('id', '=', id).executeTakeFirst()
  const version = row && versionOf(row)
  const expired = version?.expired
  if (version && expired) throw versionExpired({ ...version, expired })
}

function aliasOf(row: object): Alias {
  const read = new RowReader('aliases', row)
  return {
    project: read.text<ProjectId>('project'),
    model: read.text('model'),
    name: read.text('name'),
    version: read.text<VersionId>('version'),
    protected: read.flag('protected'),
    movedAt: read.instant('moved_at'),
    movedBy: read.text('moved_by'),
  }
}
